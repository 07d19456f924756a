"""The command line: every command is a few lines over a public function; the only module that prints and writes."""

import io
import json
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
import typer.core

from analyzer import __version__
from analyzer.errors import AnalyzerError, ReadError, UnknownFormatError, UnsupportedExportError
from analyzer.readers import REASONS, Export, Loss, expand, read, readers
from analyzer.thread import Thread

if TYPE_CHECKING:
    from analyzer.analysis import Analysis, Record
    from analyzer.model import Model


class _Commands(typer.core.TyperGroup):
    """The commands, where a user's mistake is one line and a reader of our output that leaves early is none."""

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except AnalyzerError as error:
            _complain(error)
            raise typer.Exit(1) from error
        except BrokenPipeError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(0) from error
        return result


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Format(StrEnum):
    """How records are written."""

    TABLE = "table"
    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"
    PARQUET = "parquet"


class Level(StrEnum):
    """What a graph's nodes are."""

    AUTHOR = "author"
    COMMENT = "comment"


class Lang(StrEnum):
    """The language of reports."""

    IT = "it"
    EN = "en"


def _known_format(name: str | None) -> str | None:
    known = [reader.name for reader in readers()]
    if name is not None and name not in known:
        raise typer.BadParameter(f"there is no format {name!r}; choose from {', '.join(known)}")
    return name


def _known_reasons(given: list[str] | None) -> list[str] | None:
    if unknown := sorted({*(given or ())} - {*REASONS}):
        raise typer.BadParameter(f"cannot include {', '.join(unknown)}; choose from {', '.join(REASONS)}")
    return given


Inputs = Annotated[list[str], typer.Argument(metavar="INPUT", help="Files, folders, globs, or - for standard input.")]
From = Annotated[
    str | None,
    typer.Option(
        "--from", metavar="FORMAT", callback=_known_format, help="Read as this format; see `analyzer formats`."
    ),
]
Include = Annotated[
    list[str] | None,
    typer.Option(
        "--include",
        metavar="REASON",
        callback=_known_reasons,
        help=f"Bring back comments left out: {', '.join(REASONS)}. Repeatable.",
    ),
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Also name every repair by its comment.")]
ModelPath = Annotated[
    str | None, typer.Option("--model", metavar="PATH", help="A model folder instead of the built-in one.")
]
Activities = Annotated[
    str | None,
    typer.Option("--activities", metavar="FILE.toml", help="A taxonomy of your own; see `analyzer activities`."),
]
MinScore = Annotated[
    float, typer.Option("--min-score", min=0, max=1, help="Leave out stances less probable than this.")
]
OutputFile = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write here instead of to stdout.")
]
AsFormat = Annotated[Format | None, typer.Option("--format", help="Default: table on a terminal, jsonl in a pipe.")]
Words = Annotated[Lang, typer.Option("--lang", help="Language of reports and pictures.")]


@dataclass
class _Run:
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
        _complain(error)

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


def _complain(error: AnalyzerError) -> None:
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


def _write(path: Path, pieces: Iterable[str] | bytes) -> None:
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


def _format(asked: Format | None, output: Path | None) -> Format:
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


def _put(records: Iterable["Record"], columns: Sequence[str], format: Format, output: Path | None) -> None:
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
            _write(output, data)
        return
    pieces = tables.to_text(records, columns, format.value)
    if output is None:
        for piece in pieces:
            sys.stdout.write(piece)
    else:
        _write(output, pieces)


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
    text = "yes" if value is True else " ".join(str(value).split())
    return "".join(character for character in text if character.isprintable())


def _load(model: str | None, activities: str | None) -> "Model":
    from analyzer.model import load_model

    return load_model(model, activities=activities)


def _analyses(
    run: _Run, inputs: list[str], format: str | None, include: list[str] | None, model: "Model", min_score: float
) -> list["Analysis"]:
    from analyzer.analysis import analyze

    return list(analyze(run.threads(inputs, format, include), model, min_score=min_score))


@app.callback(invoke_without_command=True)
def _root(version: Annotated[bool, typer.Option("--version", help="Program, model and their data.")] = False) -> None:
    """Who would hand which marketing activity outside, and who answers whom, in Italian comment threads.

    Start with `analyzer analyze export.xml -o report`, then open `report/report.html`.
    """
    if version:
        from analyzer.model import default_path

        meta = json.loads((default_path() / "meta.json").read_text(encoding="utf-8"))
        print(f"analyzer {__version__}")
        print(f"model {meta['name']} {meta['version']}, trained on {meta['corpus']}")
        print(f"spaCy {meta['spacy']}, scikit-learn {meta['scikit-learn']}; licence {meta['licence']}")
        raise typer.Exit


@app.command()
def analyze(
    inputs: Inputs,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The folder to write into.")],
    from_: From = None,
    include: Include = None,
    model: ModelPath = None,
    activities: Activities = None,
    min_score: MinScore = 0.0,
    lang: Words = Lang.IT,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """The main job: threads to stances, replies, graph and report, in a folder.

    Writes `report.html`, `stances`, `replies` and `mentions` as `.csv` and `.jsonl`, `graph` as `.html`, `.svg`,
    `.png`, `.graphml`, `.gexf`, `.dot` and `.json`, and `summary.json`.

    Example: `analyzer analyze export.xml -o report`
    """
    from analyzer import analysis, draw, graph, report, tables

    if output.exists() and not output.is_dir():
        raise typer.BadParameter(f"{output} is a file; name a folder to write into")
    run = _Run(quiet, verbose, into=output)
    loaded = _load(model, activities)
    found = _analyses(run, inputs, from_, include, loaded, min_score)
    records = {
        "stances": (analysis.STANCE_COLUMNS, [r for a in found for r in analysis.stance_records(a.thread, a.stances)]),
        "replies": (analysis.REPLY_COLUMNS, [r for a in found for r in analysis.reply_records(a.thread, a.replies)]),
        "mentions": (
            analysis.MENTION_COLUMNS,
            [r for a in found for r in analysis.mention_records(a.thread, a.mentions)],
        ),
    }
    for name, (columns, rows) in records.items():
        for suffix in ("csv", "jsonl"):
            _write(output / f"{name}.{suffix}", tables.to_text(rows, columns, suffix))
    reply_graph = graph.author_graph(found)
    for suffix in (".graphml", ".gexf", ".dot", ".json"):
        _write(output / f"graph{suffix}", [graph.WRITERS[suffix](reply_graph)])
    for suffix in ("svg", "png"):
        _write(output / f"graph.{suffix}", draw.to_image(reply_graph, suffix, lang=lang.value))
    _write(output / "graph.html", [draw.to_html(reply_graph, lang=lang.value)])
    losses = [(Path(name).name, str(loss)) for name, loss in run.losses]
    _write(output / "report.html", [report.to_html(found, loaded.activities, losses=losses, lang=lang.value)])
    _write(output / "summary.json", [json.dumps(_summary(run, found, loaded), ensure_ascii=False, indent=2) + "\n"])
    if not quiet:
        _print_summary(found, loaded, output)
    run.finish()


def _summary(run: _Run, found: Sequence["Analysis"], model: "Model") -> "Record":
    """The counts behind a report, with what is needed to come to them again."""
    from analyzer.analysis import tally

    total = Loss()
    for _, loss in run.losses:
        total.add(loss)
    replies = [reply for analysis in found for reply in analysis.replies]
    return {
        "analyzer": __version__,
        "model": model.label,
        "model_checksum": model.meta["checksum"],
        "sources": [{"source": name, **loss.to_json()} for name, loss in run.losses],
        "total": total.to_json(),
        "authors_by_activity": tally(found, [activity.id for activity in model.activities]),
        "stances": dict(Counter(stance.stance.value for analysis in found for stance in analysis.stances)),
        "replies_by_kind": dict(Counter(reply.kind.value for reply in replies)),
        "replies_by_agreement": dict(Counter(reply.agreement.value for reply in replies)),
    }


def _print_summary(found: Sequence["Analysis"], model: "Model", output: Path) -> None:
    from rich.console import Console
    from rich.table import Table

    from analyzer.analysis import tally

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("activity", "outside", "split", "inside"):
        table.add_column(column, justify="left" if column == "activity" else "right")
    for activity, row in tally(found, [activity.id for activity in model.activities]).items():
        if sum(row.values()):
            table.add_row(activity, *(str(row[key] or "") for key in ("favor", "mixed", "against")))
    if table.row_count:
        Console().print(table)
    else:
        print("No stance on outsourcing an activity was found.")
    print(f"Report: {output / 'report.html'}")


@app.command()
def parse(
    inputs: Inputs,
    output: OutputFile = None,
    from_: From = None,
    include: Include = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Any export to thread JSON lines, with the loss report on stderr.

    Example: `analyzer parse export.xml > threads.jsonl`
    """
    run = _Run(quiet, verbose)
    lines = (json.dumps(t.to_json(), ensure_ascii=False) + "\n" for t in run.threads(inputs, from_, include))
    if output is None:
        for line in lines:
            sys.stdout.write(line)
    else:
        _write(output, lines)
    run.finish()


@app.command()
def stances(
    inputs: Inputs,
    output: OutputFile = None,
    format: AsFormat = None,
    from_: From = None,
    include: Include = None,
    model: ModelPath = None,
    activities: Activities = None,
    min_score: MinScore = 0.0,
    all_: Annotated[bool, typer.Option("--all", help="Also activities named without a stance, as `none`.")] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Who would hand which activity outside, keep it inside, or split it; a record for each passage.

    Example: `analyzer stances export.xml --format csv -o stances.csv`
    """
    from analyzer import analysis

    chosen = _format(format, output)
    run = _Run(quiet, verbose)
    found = analysis.analyze(
        run.threads(inputs, from_, include), _load(model, activities), min_score=min_score, none_too=all_
    )
    records = (record for a in found for record in analysis.stance_records(a.thread, a.stances))
    _put(records, analysis.STANCE_COLUMNS, chosen, output)
    run.finish()


@app.command()
def replies(
    inputs: Inputs,
    output: OutputFile = None,
    format: AsFormat = None,
    from_: From = None,
    include: Include = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Who answers whom, by which sign, agreeing or not; a record for each link.

    Example: `analyzer replies thread.txt`
    """
    from analyzer import analysis
    from analyzer.replies import find

    chosen = _format(format, output)
    run = _Run(quiet, verbose)
    records = (
        record
        for thread in run.threads(inputs, from_, include)
        for record in analysis.reply_records(thread, find(thread)[0])
    )
    _put(records, analysis.REPLY_COLUMNS, chosen, output)
    run.finish()


@app.command()
def graph(
    inputs: Inputs,
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE", help="By suffix: .html .svg .png .graphml .gexf .dot .json .cyjs .csv"
        ),
    ],
    level: Annotated[Level, typer.Option("--level", help="What the nodes are.")] = Level.AUTHOR,
    lang: Words = Lang.IT,
    from_: From = None,
    include: Include = None,
    model: ModelPath = None,
    activities: Activities = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """The reply graph as a picture, a page or a graph file.

    Example: `analyzer graph export.xml -o replies.html`
    """
    from analyzer import draw
    from analyzer.graph import WRITERS, build

    suffix = output.suffix.lower()
    if suffix not in (*WRITERS, ".html", ".svg", ".png"):
        choices = " ".join((".html", ".svg", ".png", *WRITERS))
        raise typer.BadParameter(f"no graph is written as {suffix or 'a file without suffix'}; choose from {choices}")
    run = _Run(quiet, verbose)
    built = build(_analyses(run, inputs, from_, include, _load(model, activities), 0.0), level.value)
    if suffix == ".html":
        _write(output, [draw.to_html(built, lang=lang.value)])
    elif suffix in (".svg", ".png"):
        _write(output, draw.to_image(built, suffix[1:], lang=lang.value))
    else:
        _write(output, [WRITERS[suffix](built)])
    run.finish()


@app.command()
def report(
    inputs: Inputs,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.html", help="The page to write.")],
    from_: From = None,
    include: Include = None,
    model: ModelPath = None,
    activities: Activities = None,
    min_score: MinScore = 0.0,
    lang: Words = Lang.IT,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """One self-contained page: chart, passages, reply graph, loss report.

    Example: `analyzer report export.xml -o report.html --lang en`
    """
    from analyzer import report as report_

    run = _Run(quiet, verbose)
    loaded = _load(model, activities)
    found = _analyses(run, inputs, from_, include, loaded, min_score)
    losses = [(Path(name).name, str(loss)) for name, loss in run.losses]
    _write(output, [report_.to_html(found, loaded.activities, losses=losses, lang=lang.value)])
    run.finish()


@app.command()
def formats() -> None:
    """What can be read, in the order in which a file is tried.

    Example: `analyzer formats`
    """
    width = max(len(reader.name) for reader in readers())
    for reader in readers():
        print(f"{reader.name:<{width}}  {reader.about} ({' '.join(reader.suffixes)})")


@app.command("activities")
def activities_(
    activities: Activities = None,
    terms: Annotated[bool, typer.Option("--terms", help="Also print every term.")] = False,
    toml: Annotated[
        bool, typer.Option("--toml", help="Print the built-in taxonomy as TOML, to start your own from.")
    ] = False,
) -> None:
    """The taxonomy in force: each activity, its name, and how many terms name it.

    Example: `analyzer activities --toml > mine.toml`
    """
    from analyzer.activities import default_toml, load

    if toml:
        sys.stdout.write(default_toml())
        return
    taxonomy = load(activities)
    width = max(len(activity.id) for activity in taxonomy)
    for activity in taxonomy:
        count = len(activity.lemmas) + len(activity.phrases)
        print(
            f"{activity.id:<{width}}  {activity.name.get('it', '')}: {count} terms, {len(activity.excluded)} exclusions"
        )
        if terms:
            for kind, values in (
                ("lemmas", activity.lemmas),
                ("phrases", activity.phrases),
                ("not", activity.excluded),
            ):
                print(f"  {kind}: {', '.join(values)}")


def main() -> NoReturn:
    """Runs the command line and exits: 0 done, 1 some input failed, 2 wrong usage."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding=None if sys.stdout.isatty() else "utf-8", errors="replace")
    app()
    sys.exit(0)
