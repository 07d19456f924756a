"""From threads to findings: what `analyze` concludes of a thread, as records and as counts."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from analyzer import replies as replies_
from analyzer.replies import Mention, Reply
from analyzer.stance import Label, Stance
from analyzer.text import Span
from analyzer.thread import Comment, Thread

if TYPE_CHECKING:
    from analyzer.model import Model

Record = dict[str, Any]
"""One row of a table: column → plain value, the columns in the contract's order."""

STANCE_COLUMNS = (
    *("thread_id", "thread_url", "comment_id", "author", "created", "activity", "stance"),
    *("conditional", "timeframe", "score", "start", "end", "evidence"),
)
REPLY_COLUMNS = (
    *("thread_id", "thread_url", "comment_id", "author", "to_id", "to_author", "kind", "agreement"),
    *("score", "start", "end", "evidence"),
)
MENTION_COLUMNS = ("thread_id", "comment_id", "author", "name", "to_author", "start", "end")

_BLOCK = 32  # threads that go through the pipeline together


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """A thread and what was found in it; `model` is the name and version of the model that found the stances."""

    thread: Thread
    stances: tuple[Stance, ...]
    replies: tuple[Reply, ...]
    mentions: tuple[Mention, ...]
    model: str


def analyze(
    threads: Iterable[Thread], model: "Model", *, min_score: float = 0.0, none_too: bool = False
) -> Iterator[Analysis]:
    """The analysis of each thread, in order, as a stream.

    `min_score` leaves out stances that are less probable; `none_too` also gives the activities named without one.
    """
    from analyzer.model import answered

    stream = iter(threads)
    while block := list(islice(stream, _BLOCK)):
        links = [replies_.find(thread) for thread in block]
        found = model.extractor.candidates(block, [answered(replies) for replies, _ in links])
        for thread, candidates, (replies, mentions) in zip(block, found, links, strict=True):
            stances = model.classifiers.stances(candidates, min_score=min_score, none_too=none_too)
            yield Analysis(thread=thread, stances=tuple(stances), replies=replies, mentions=mentions, model=model.label)


def _name(comment: Comment) -> str | None:
    return comment.author.name if comment.author else None


def _passage(comment: Comment, span: Span | None) -> Record:
    start, end = span or (None, None)
    return {"start": start, "end": end, "evidence": comment.text[start:end] if span else None}


def stance_records(thread: Thread, stances: Iterable[Stance]) -> list[Record]:
    """The contract's stance records of a thread, columns as in `STANCE_COLUMNS`."""
    by_id = {comment.id: comment for comment in thread.everything}
    return [
        {
            "thread_id": thread.id,
            "thread_url": thread.url,
            "comment_id": stance.comment_id,
            "author": _name(comment),
            "created": comment.created.isoformat() if comment.created else None,
            "activity": stance.activity,
            "stance": stance.stance.value,
            "conditional": stance.conditional,
            "timeframe": stance.timeframe.value if stance.timeframe else None,
            "score": stance.score,
            **_passage(comment, stance.span),
        }
        for stance in stances
        for comment in [by_id[stance.comment_id]]
    ]


def reply_records(thread: Thread, replies: Iterable[Reply]) -> list[Record]:
    """The contract's reply records of a thread, columns as in `REPLY_COLUMNS`."""
    by_id = {comment.id: comment for comment in thread.everything}
    return [
        {
            "thread_id": thread.id,
            "thread_url": thread.url,
            "comment_id": reply.comment_id,
            "author": _name(comment),
            "to_id": reply.to_id,
            "to_author": _name(by_id[reply.to_id]),
            "kind": reply.kind.value,
            "agreement": reply.agreement.value,
            "score": reply.score,
            **_passage(comment, reply.span),
        }
        for reply in replies
        for comment in [by_id[reply.comment_id]]
    ]


def mention_records(thread: Thread, mentions: Iterable[Mention]) -> list[Record]:
    """The contract's mention records of a thread, columns as in `MENTION_COLUMNS`."""
    by_id = {comment.id: comment for comment in thread.everything}
    names = {comment.author.id: comment.author.name for comment in thread.everything if comment.author}
    return [
        {
            "thread_id": thread.id,
            "comment_id": mention.comment_id,
            "author": _name(by_id[mention.comment_id]),
            "name": mention.name,
            "to_author": names.get(mention.author_id or ""),
            "start": mention.span[0],
            "end": mention.span[1],
        }
        for mention in mentions
    ]


def latest(analyses: Iterable[Analysis]) -> list[tuple[Analysis, Stance]]:
    """Each author's latest stance on each activity over all threads; an unknown author's count one by one.

    Latest means later in the thread, and in the thread that comes later in `analyses`.
    """
    kept: dict[tuple[str, str], tuple[Analysis, Stance]] = {}
    for place, analysis in enumerate(analyses):
        authors = {comment.id: comment.author for comment in analysis.thread.everything}
        order = {comment.id: number for number, comment in enumerate(analysis.thread.everything)}
        for stance in sorted(analysis.stances, key=lambda stance: order[stance.comment_id]):
            if stance.stance is Label.NONE:
                continue
            author = authors[stance.comment_id]
            who = author.id if author else f"?{place}/{stance.comment_id}"
            kept[who, stance.activity] = (analysis, stance)
    return list(kept.values())


def tally(analyses: Iterable[Analysis], activities: Sequence[str]) -> dict[str, dict[str, int]]:
    """For each activity how many authors are in favor, against and mixed, each author once by their latest stance."""
    counts = {activity: {"favor": 0, "mixed": 0, "against": 0} for activity in activities}
    for _, stance in latest(analyses):
        counts[stance.activity][stance.stance.value] += 1
    return counts
