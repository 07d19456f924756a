"""Annotated threads: thread JSON with a `gold` key, read and held to what the annotation promises."""

import csv
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analyzer.errors import ReadError, ThreadError
from analyzer.replies import Agreement, Kind, Reply
from analyzer.stance import Label, Stance, Timeframe
from analyzer.thread import Thread

_SUFFIXES = (".json", ".jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gold:
    """A thread with the stances and replies that a careful reader finds in it; every score is 1.

    `judged` holds the ids of the comments that were read for stances, where not all were.
    """

    thread: Thread
    stances: tuple[Stance, ...]
    replies: tuple[Reply, ...]
    judged: frozenset[str] | None = None

    def judges(self, comment_id: str) -> bool:
        """Whether a comment was read for stances, so that one which is not listed is none."""
        return self.judged is None or comment_id in self.judged

    def to_json(self) -> dict[str, Any]:
        """The gold thread as JSON, from which `read_gold` makes the same."""
        texts = {comment.id: comment.text for comment in self.thread.everything}
        stances = [
            {
                "comment_id": stance.comment_id,
                "activity": stance.activity,
                "stance": stance.stance.value,
                "conditional": stance.conditional,
                "timeframe": stance.timeframe.value if stance.timeframe else None,
                "start": stance.span[0],
                "end": stance.span[1],
                "evidence": texts[stance.comment_id][slice(*stance.span)],
            }
            for stance in self.stances
        ]
        replies = [
            {"comment_id": r.comment_id, "to_id": r.to_id, "kind": r.kind.value, "agreement": r.agreement.value}
            for r in self.replies
        ]
        gold: dict[str, Any] = {"stances": stances, "replies": replies}
        if self.judged is not None:
            gold["judged"] = [comment.id for comment in self.thread.everything if comment.id in self.judged]
        return {**self.thread.to_json(), "gold": gold}


def read_gold(paths: Iterable[str | Path]) -> list[Gold]:
    """The gold threads of files and folders, in the order of their names; JSON lines hold one a line.

    Raises `ReadError` or `ThreadError` with file and place: evidence that its offsets do not give, an annotation of a
    comment that is not there, a second stance on one activity in one comment, a reply that does not point back.
    """
    return [one for file in _files(paths) for one in _golds(file)]


def _files(paths: Iterable[str | Path]) -> list[Path]:
    files: list[Path] = []
    for path in map(Path, paths):
        if not path.exists():
            raise ReadError(
                f"{path}: no such file or folder", hint="give a folder of gold threads, such as corpora/threads"
            )
        files += sorted(file for file in path.rglob("*") if file.suffix in _SUFFIXES) if path.is_dir() else [path]
    if not files:
        raise ReadError("no gold threads found", hint="give a folder that holds .json or .jsonl files")
    return files


def _golds(file: Path) -> Iterator[Gold]:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ReadError(f"{file}: {error.strerror}", hint="check the path and its permissions") from error
    if file.suffix == ".jsonl":
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                yield _gold(line, f"{file}, line {number}")
    else:
        yield _gold(text, str(file))


def _gold(text: str, file: str) -> Gold:
    try:
        data = json.loads(text)
        gold = data["gold"]
        thread = Thread.from_json(data)
    except (ValueError, KeyError, TypeError) as error:
        raise ReadError(
            f"{file}: not a gold thread: {error!r}", hint="it needs thread JSON with a `gold` key"
        ) from error
    try:
        stances = tuple(_stance(item, thread) for item in gold["stances"])
        replies = tuple(_reply(item, thread) for item in gold["replies"])
        judged = frozenset(gold["judged"]) if "judged" in gold else None
    except (KeyError, ValueError, TypeError, ThreadError) as error:
        raise ThreadError(f"{file}: {error}", hint="see the gold format in corpora/README.md") from error
    pairs = [(stance.comment_id, stance.activity) for stance in stances]
    if twice := {pair for pair in pairs if pairs.count(pair) > 1}:
        raise ThreadError(f"{file}: more than one stance for {sorted(twice)}")
    return Gold(thread=thread, stances=stances, replies=replies, judged=judged)


def _stance(item: dict[str, Any], thread: Thread) -> Stance:
    comment = next((comment for comment in thread.everything if comment.id == item["comment_id"]), None)
    if comment is None:
        raise ThreadError(f"stance on a comment that is not there: {item['comment_id']}")
    start, end = item["start"], item["end"]
    if comment.text[start:end] != item["evidence"] or not item["evidence"]:
        raise ThreadError(f"{comment.id}: {item['evidence']!r} is not the text at {start}:{end}")
    return Stance(
        comment_id=comment.id,
        activity=item["activity"],
        stance=Label(item["stance"]),
        conditional=bool(item["conditional"]),
        timeframe=Timeframe(item["timeframe"]) if item["timeframe"] else None,
        score=1.0,
        span=(start, end),
    )


def _reply(item: dict[str, Any], thread: Thread) -> Reply:
    order = [comment.id for comment in thread.everything]
    if order.index(item["to_id"]) >= order.index(item["comment_id"]):
        raise ThreadError(f"{item['comment_id']}: answers {item['to_id']}, which is not before it")
    return Reply(
        comment_id=item["comment_id"],
        to_id=item["to_id"],
        kind=Kind(item["kind"]),
        agreement=Agreement(item["agreement"]),
        score=1.0,
        span=None,
    )


def read_grid(path: Path) -> dict[str, dict[str, str]]:
    """The plan of a corpus: thread id → its row of `grid.csv`, `split` (`train`, `dev` or `test`) among the columns."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {row["id"]: row for row in csv.DictReader(file)}
    except OSError as error:
        raise ReadError(
            f"{path}: {(error.strerror or str(error)).lower()}", hint="a corpus with splits has a grid.csv"
        ) from error


def read_split(corpus: Path, split: str) -> list[Gold]:
    """The gold threads of one split of a corpus folder (`threads/` and `grid.csv`), in the order of their names."""
    grid = read_grid(corpus / "grid.csv")
    if split not in (known := sorted({row["split"] for row in grid.values()})):
        raise ReadError(f"{corpus}: no split {split!r}", hint=f"choose from {', '.join(known)}")
    return [one for one in read_gold([corpus / "threads"]) if grid[one.thread.id]["split"] == split]


def corpus_hash(paths: Iterable[str | Path]) -> str:
    """SHA-256 over the names and contents of gold files and folders, by which a score names its corpus."""
    digest = hashlib.sha256()
    for file in _files(paths):
        digest.update(f"{file.name}\0".encode() + file.read_bytes())
    return digest.hexdigest()
