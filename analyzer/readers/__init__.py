"""Reading exports: which formats there are, which one a file is, and its threads as a stream.

A format is one module that ends in `READER = Reader(…)` and one line in `READERS`; other packages add theirs through
the entry-point group `analyzer.readers`.
"""

import glob
import re
import sys
from collections.abc import Iterable, Iterator
from importlib.metadata import entry_points
from pathlib import Path

from analyzer.errors import ReadError, UnknownFormatError, UnsupportedExportError
from analyzer.readers import plain_text, table, thread_json, wxr
from analyzer.readers.source import Include, Loss, Reader, Source
from analyzer.thread import Thread

__all__ = ["READERS", "Export", "Loss", "Reader", "Source", "expand", "read", "readers", "sniff"]

READERS: tuple[Reader, ...] = (thread_json.READER, wxr.READER, table.READER, plain_text.READER)
"""In the order in which they are asked: the surest sign first, plain text last."""

REASONS = ("pending", "spam", "trash", "pingback", "trackback", "empty")
"""Reasons for leaving a comment out that `include` can waive."""

_MAGIC = (
    (b"PK\x03\x04", "a zip archive", "unpack it and give the files in it"),
    (b"\x1f\x8b", "a gzip archive", "unpack it and give the file in it"),
    (b"\xff\xd8\xff", "a JPEG picture", "give the blog's export instead"),
    (b"\x89PNG", "a PNG picture", "give the blog's export instead"),
    (b"%PDF", "a PDF document", "give the blog's export instead"),
    (b"SQLite format 3", "an SQLite database", "export its comments as CSV"),
)

_MOVABLE_TYPE = re.compile(r"^(?:AUTHOR|TITLE|STATUS): .*\n(?:[A-Z ]+:.*\n)*-----$", re.M)


def readers() -> tuple[Reader, ...]:
    """The readers in force: those of other packages, then our own."""
    return (*(point.load() for point in entry_points(group="analyzer.readers")), *READERS)


class Export:
    """The threads of one file, read as they are asked for, and what became of its comments.

    `loss` is complete once the threads have been read to the end. `ReadError` where the file cannot be read.
    """

    def __init__(self, source: Source, reader: Reader, include: Include = frozenset()) -> None:
        self.source, self.reader, self._include = source, reader, include
        self.loss = Loss()

    def __iter__(self) -> Iterator[Thread]:
        self.loss = loss = Loss()
        for thread in self.reader.read(self.source, loss, self._include):
            loss.threads += 1
            loss.repairs.update(problem.reason for problem in thread.problems)
            yield thread
        if loss.found == 0 and not loss.failures:
            loss.notes.append("the export holds no comments")
        unaccounted = loss.found - loss.kept - sum(loss.left_out.values())
        if unaccounted:
            raise ReadError(
                f"{self.source.name}: {unaccounted} of {loss.found} comments were neither read nor reported",
                hint=f"this is a defect of the {self.reader.name} reader; please report it",
            )


def read(
    path: str | Path, *, format: str | None = None, include: Iterable[str] = (), name: str | None = None
) -> Export:
    """The export in a file, or in standard input for `-`: iterate over it for its `Thread`s, then look at its `loss`.

    `format` is a reader's name; without it the file is recognised by its content. `include` brings back comments
    that are left out by default (`REASONS`). Raises `ReadError` or `UnknownFormatError`.
    """
    waived = frozenset(include)
    if unknown := waived - set(REASONS):
        raise ReadError(f"cannot include {', '.join(sorted(unknown))}", hint=f"choose from: {', '.join(REASONS)}")
    source = Source.from_stream(sys.stdin.buffer) if str(path) == "-" else Source(Path(path), name)
    if format is None:
        return Export(source, sniff(source), waived)
    known = {reader.name: reader for reader in readers()}
    if format not in known:
        raise UnknownFormatError(f"there is no format {format!r}", hint=f"choose from: {', '.join(known)}")
    _refuse_other_kinds(source)
    return Export(source, known[format], waived)


def sniff(source: Source) -> Reader:
    """The reader for a file, by its content alone. `UnknownFormatError` says what the file is instead."""
    _refuse_other_kinds(source)
    head = source.head_text()
    foreign = "<?xml" in head or _MOVABLE_TYPE.search(head)
    for reader in readers():
        if reader.sniff(source) and not (foreign and reader is plain_text.READER):
            return reader
    what = _kind(head)
    names = ", ".join(reader.name for reader in readers())
    refused = UnsupportedExportError if what in _EXPORTS else UnknownFormatError
    raise refused(f"{source.name}: {what}", hint=f"formats that can be read: {names}; see `analyzer formats`")


def _refuse_other_kinds(source: Source) -> None:
    if not source.head.strip():
        raise UnknownFormatError(f"{source.name}: the file is empty", hint="export the comments again")
    for magic, what, hint in _MAGIC:
        if source.head.startswith(magic):
            raise UnknownFormatError(f"{source.name}: {what}, not a comment export", hint=hint)


_EXPORTS = (
    "a Disqus export, which cannot be read yet",
    "an Atom feed (a Blogger export?), which cannot be read yet",
    "a Movable Type export, which cannot be read yet",
)


def _kind(head: str) -> str:
    """What a file that no reader knows looks like, in words."""
    start = head.lstrip().lower()
    if "<disqus" in start:
        return _EXPORTS[0]
    if "http://www.w3.org/2005/atom" in start:
        return _EXPORTS[1]
    if _MOVABLE_TYPE.search(head):
        return _EXPORTS[2]
    if start.startswith(("<!doctype html", "<html")) or re.match(r"<(?:!--|body|article|section|div|ol|ul|p)\b", start):
        return "a web page, which cannot be read yet"
    if start.startswith("<") or "<?xml" in start:
        return "XML of a kind that is not known"
    return "JSON that is not thread JSON" if start.startswith(("{", "[")) else "not text"


def expand(inputs: Iterable[str]) -> list[str]:
    """The files that inputs stand for: a file or `-` itself, a glob its matches, a folder every file under it.

    In a folder, hidden files are passed over. `ReadError` where an input stands for nothing.
    """
    files: list[str] = []
    for given in inputs:
        path = Path(given)
        if given == "-" or path.is_file():
            files.append(given)
        elif path.is_dir():
            inside = sorted(p for p in path.rglob("*") if p.is_file() and not _hidden(p.relative_to(path)))
            if not inside:
                raise ReadError(f"{given}: the folder holds no files", hint="give the folder with the exports")
            files += map(str, inside)
        elif matches := sorted(match for match in glob.glob(given, recursive=True) if Path(match).is_file()):
            files += matches
        else:
            raise ReadError(f"{given}: no such file or folder", hint="check the path")
    return list(dict.fromkeys(files))


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
