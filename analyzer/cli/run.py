"""One run of a command: what it reads and what failed, what it says, and how its files are written."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from analyzer.cli.options import Format
from analyzer.errors import AnalyzerError, ReadError, UnknownFormatError, UnsupportedExportError
from analyzer.readers import Export, Loss, expand, read
from analyzer.thread import Thread

if TYPE_CHECKING:
    from analyzer.analysis import Analysis, Record
    from analyzer.model import Model


@dataclass
class Run:
    """What one command run has met: the loss report of each file and the inputs that failed.

    `into` is the folder that the run writes into: where it lies in a folder of inputs, it holds none.
    """

    quiet: bool = False
    verbose: bool = False
    into: Path | None = None
    losses: list[tuple[str, Loss]] = field(default_factory=list)
    failed: int = 0
    ids: set[str] = field(default_factory=set)

    def say(self, line: str) -> None:
        if not self.quiet:
            print(line, file=sys.stderr)

    def fail(self, error: AnalyzerError) -> None:
        self.failed += 1
        complain(error)

    def threads(self, inputs: Sequence[str], format: str | None, include: Sequence[str] | None) -> Iterator[Thread]:
        """The threads of all inputs as a stream; what cannot be read is named and passed over.

        Reading begins at once: where inputs failed and no thread is left, the command ends here and writes nothing.
        """
        stream = self._threads(inputs, format, include)
        first = next(stream, None)
        if first is None:
            self.finish()
            return iter(())
        return chain([first], stream)

    def _threads(self, inputs: Sequence[str], format: str | None, include: Sequence[str] | None) -> Iterator[Thread]:
        seen: set[Path] = set()
        for given in inputs:
            try:
                files = expand([given])
            except AnalyzerError as error:
                self.fail(error)
                continue
            in_folder = Path(given).is_dir()
            known = 0
            for file in files:
                path = Path(file).resolve()
                if path in seen or (in_folder and self._is_own(path, Path(given))):
                    continue
                seen.add(path)
                try:
                    export = read(file, format=format, include=include or ())
                    known += 1
                    yield from self._counted(export)
                except UnknownFormatError as error:
                    export_unread = isinstance(error, UnsupportedExportError)
                    self.losses.append((file, Loss(notes=[str(error)])))
                    if in_folder and format is None and not export_unread:
                        self.say(f"passed over: {error}")
                    else:
                        self.fail(error)
                except AnalyzerError as error:
                    self.fail(error)
            if in_folder and not known:
                self.fail(ReadError(f"{given}: the folder holds no comment export", hint="see `analyzer formats`"))

    def _is_own(self, file: Path, folder: Path) -> bool:
        """Whether a file of an input folder lies in the folder below it that this run writes into."""
        into = self.into.resolve() if self.into else None
        return into is not None and into != folder.resolve() and file.is_relative_to(into)

    def _counted(self, export: Export) -> Iterator[Thread]:
        try:
            with _progress(export.source.name, self.quiet) as advance:
                for thread in export:
                    advance(len(thread.comments))
                    if self.verbose:
                        for problem in thread.problems:
                            self.say(f"  {thread.id}/{problem.comment_id}: {problem.reason} {problem.detail}".rstrip())
                    yield self._unique(thread)
        finally:
            self.losses.append((export.source.name, export.loss))
            self.say(f"{export.source.name} ({export.reader.name}): {export.loss}")
            for failure in export.loss.failures:
                self.fail(ReadError(failure, hint="the other threads of the file were read"))

    def _unique(self, thread: Thread) -> Thread:
        """The thread, under another id where one before it in this run has the same: records are told apart by it."""
        count, wanted = 1, thread.id
        while wanted in self.ids:
            count += 1
            wanted = f"{thread.id}-{count}"
        self.ids.add(wanted)
        if wanted == thread.id:
            return thread
        self.say(f"  thread {thread.id} stands for another one before: this one is {wanted}")
        return replace(thread, id=wanted)

    def finish(self) -> None:
        """Ends the command with the contract's status: 1 where some input failed."""
        if self.failed:
            raise typer.Exit(1)


def complain(error: AnalyzerError) -> None:
    print(f"analyzer: {error}", file=sys.stderr)
    if error.hint:
        print(f"  → {error.hint}", file=sys.stderr)


@contextmanager
def _progress(what: str, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A counter of comments on stderr, on a terminal only."""
    if quiet or not sys.stderr.isatty():
        yield lambda comments: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        TextColumn("{task.completed} comments"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)
        yield lambda comments: bar.advance(task, comments)


def write(path: Path, pieces: Iterable[str] | bytes) -> None:
    """Writes a file whole or not at all: beside it first, then renamed."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                for piece in [pieces] if isinstance(pieces, bytes) else pieces:
                    file.write(piece if isinstance(piece, bytes) else piece.encode("utf-8", "replace"))
            os.chmod(beside, 0o666 & ~_umask())
            os.replace(beside, path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise AnalyzerError(f"{path}: {(error.strerror or str(error)).lower()}", hint="choose another place") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def record_format(asked: Format | None, output: Path | None) -> Format:
    """The format to write records in: as asked, else by the file's suffix, else by where stdout goes."""
    files = [format for format in Format if format is not Format.TABLE]
    if output is None:
        return asked or (Format.TABLE if sys.stdout.isatty() else Format.JSONL)
    if asked is Format.TABLE:
        raise typer.BadParameter(f"a table is for the terminal; write files with --format {' or '.join(files)}")
    if asked is None and output.suffix.lower().removeprefix(".") not in files:
        choices = " ".join(f".{format}" for format in files)
        raise typer.BadParameter(f"{output}: choose from {choices}, or say --format")
    return asked or Format(output.suffix.lower().removeprefix("."))


def put(records: Iterable["Record"], columns: Sequence[str], format: Format, output: Path | None) -> None:
    """Writes records to a file or to stdout."""
    from analyzer import tables

    if format is Format.TABLE:
        _print_table(list(records), columns)
        return
    if format is Format.PARQUET:
        data = tables.to_parquet(records, columns)
        if output is None:
            sys.stdout.buffer.write(data)
        else:
            write(output, data)
        return
    pieces = tables.to_text(records, columns, format.value)
    if output is None:
        for piece in pieces:
            sys.stdout.write(piece)
    else:
        write(output, pieces)


_SHOWN = {
    "stances": ("comment_id", "author", "activity", "stance", "conditional", "timeframe", "score", "evidence"),
    "replies": ("comment_id", "author", "to_id", "to_author", "kind", "agreement", "score", "evidence"),
}


def _print_table(records: list["Record"], columns: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    shown = next((names for names in _SHOWN.values() if set(names) <= set(columns)), tuple(columns))
    if len({record.get("thread_id") for record in records}) > 1:
        shown = ("thread_id", *shown)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in shown:
        table.add_column(column, overflow="fold", justify="right" if column == "score" else "left", min_width=4)
    for record in records:
        table.add_row(*(Text(_display(record[column])) for column in shown))
    Console().print(table)


def _display(value: Any) -> str:
    if value is None or value is False:
        return ""
    if isinstance(value, float):
        return f"{value:.2f}"
    return "yes" if value is True else printable(str(value))


def printable(text: str) -> str:
    """A text in one line, without what would steer a terminal."""
    return "".join(character for character in " ".join(text.split()) if character.isprintable())


def load(model: str | None, activities: str | None) -> "Model":
    from analyzer.model import load_model

    return load_model(model, activities=activities)


def analyses(
    run: Run, inputs: list[str], format: str | None, include: list[str] | None, model: "Model", min_score: float
) -> list["Analysis"]:
    from analyzer.analysis import analyze

    return list(analyze(run.threads(inputs, format, include), model, min_score=min_score))
