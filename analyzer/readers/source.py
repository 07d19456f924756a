"""What a reader reads from, and the account it gives: one file, and what became of its comments."""

import codecs
import io
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, TextIO, TypeVar

from analyzer.errors import ReadError
from analyzer.thread import Thread

HEAD = 1 << 16
"""Bytes from the start of a file by which its format is recognised."""

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_Row = TypeVar("_Row")


class Source:
    """A file to read, as often as a reader needs to; `name` is how messages call it."""

    def __init__(self, path: Path, name: str | None = None) -> None:
        self.path, self.name = path, name or str(path)
        with self.open() as file:
            self.head = file.read(HEAD)

    @property
    def stem(self) -> str:
        """The name without folders and suffix: a thread's id where the file holds no other."""
        return Path(self.name).stem.strip("<>")

    @classmethod
    def from_stream(cls, stream: IO[bytes]) -> "Source":
        """A source from a stream that can be read only once, such as standard input."""
        spool = tempfile.NamedTemporaryFile(prefix="analyzer-")  # noqa: SIM115  it lives as long as the source
        while block := stream.read(1 << 20):
            spool.write(block)
        spool.flush()
        source = cls(Path(spool.name), name="<stdin>")
        source._spool = spool  # type: ignore[attr-defined]
        return source

    def open(self) -> BinaryIO:
        """The bytes from the start; `ReadError` where the system does not give them."""
        try:
            return open(self.path, "rb")
        except OSError as error:
            what = (error.strerror or str(error)).lower()
            raise ReadError(f"{self.path}: {what}", hint="check the path and its permissions") from error

    def open_text(self) -> TextIO:
        """The file as text: by its byte order mark, else UTF-8 where it is valid, else Windows-1252."""
        return io.TextIOWrapper(self.open(), encoding=self.encoding(), errors="replace", newline="")

    def encoding(self) -> str:
        """The name of the encoding that `open_text` uses."""
        for bom, name in _BOMS:
            if self.head.startswith(bom):
                return name
        decoder = codecs.getincrementaldecoder("utf-8")()
        with self.open() as file:
            try:
                while block := file.read(1 << 20):
                    decoder.decode(block)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError:
                return "cp1252"
        return "utf-8"

    def head_text(self) -> str:
        """The start of the file as text, for recognising it; a character cut in two is dropped."""
        for bom, name in _BOMS:
            if self.head.startswith(bom):
                return self.head.decode(name, "ignore")
        try:
            return codecs.getincrementaldecoder("utf-8")().decode(self.head)
        except UnicodeDecodeError:
            return self.head.decode("cp1252", "replace")


@dataclass
class Loss:
    """The loss report of one file: `found` comments are `kept` or counted in `left_out` by reason.

    `empty_parents` are left-out comments that stay in their thread as an empty place, because others answer them.
    `repairs` counts what was mended, by wording; `notes` says what else a user should know.
    """

    found: int = 0
    kept: int = 0
    threads: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    empty_parents: int = 0
    repairs: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def add(self, other: "Loss") -> None:
        """Adds the counts of another file."""
        self.found += other.found
        self.kept += other.kept
        self.threads += other.threads
        self.empty_parents += other.empty_parents
        self.left_out.update(other.left_out)
        self.repairs.update(other.repairs)
        self.notes += other.notes
        self.failures += other.failures

    def to_json(self) -> dict[str, object]:
        """The report as plain values, for `summary.json`."""
        return {
            "threads": self.threads,
            "comments": {"in": self.found, "out": self.kept},
            "left_out": dict(sorted(self.left_out.items())),
            "empty_parents": self.empty_parents,
            "repairs": dict(sorted(self.repairs.items())),
            "notes": self.notes,
            "failures": self.failures,
        }

    def __str__(self) -> str:
        one_thread = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        parts = [f"{one_thread}, {self.found} comments in, {self.kept} out"]
        if self.left_out:
            parts.append("left out: " + ", ".join(f"{n} {reason}" for reason, n in sorted(self.left_out.items())))
        if self.empty_parents:
            parts.append(f"{self.empty_parents} of them kept as an empty parent")
        if self.repairs:
            parts.append("repaired: " + ", ".join(f"{n} {reason}" for reason, n in sorted(self.repairs.items())))
        return "; ".join([*parts, *self.notes])


Include = frozenset[str]
"""Reasons for leaving a comment out that the user has waived: `pending`, `spam`, `trash`, `pingback`, `trackback`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """One export format: how it is recognised by its content, and how it is read.

    `read` yields whole threads and fills the `Loss`; it raises `ReadError` where the file cannot be read at all.
    """

    name: str
    about: str
    suffixes: tuple[str, ...]
    sniff: Callable[[Source], bool]
    read: Callable[[Source, Loss, Include], Iterator[Thread]]


def grouped(rows: Iterable[tuple[str, _Row]], repeated: frozenset[str]) -> Iterator[tuple[str, list[_Row]]]:
    """Rows gathered by key as a stream: a key's run of rows comes at once, keys with several runs come last.

    >>> list(grouped([("a", 1), ("b", 2), ("a", 3)], frozenset("a")))
    [('b', [2]), ('a', [1, 3])]
    """
    waiting: dict[str, list[_Row]] = {}
    run: list[_Row] = []
    here: str | None = None
    for key, row in rows:
        if here is not None and key != here and run:
            yield here, run
            run = []
        here = key
        if key in repeated:
            waiting.setdefault(key, []).append(row)
        else:
            run.append(row)
    if here is not None and run:
        yield here, run
    yield from waiting.items()


def repeated_keys(keys: Iterable[str]) -> frozenset[str]:
    """The keys that come back after another key has come between.

    >>> repeated_keys("aab"), repeated_keys("aba")
    (frozenset(), frozenset({'a'}))
    """
    runs: Counter[str] = Counter()
    here: str | None = None
    for key in keys:
        if key != here:
            runs[key] += 1
            here = key
    return frozenset(key for key, count in runs.items() if count > 1)
