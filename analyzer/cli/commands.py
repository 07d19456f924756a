"""The commands that read threads and say what is in them."""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer import __version__
from analyzer.cli.app import app
from analyzer.cli.options import (
    Activities,
    AsFormat,
    From,
    Include,
    Inputs,
    Lang,
    Level,
    MinScore,
    ModelPath,
    OutputFile,
    Quiet,
    Verbose,
    Words,
)
from analyzer.cli.run import Run, analyses, load, put, record_format, write
from analyzer.readers import Loss, readers

if TYPE_CHECKING:
    from analyzer.analysis import Analysis, Record
    from analyzer.model import Model


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
    run = Run(quiet, verbose, into=output)
    loaded = load(model, activities)
    found = analyses(run, inputs, from_, include, loaded, min_score)
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
            write(output / f"{name}.{suffix}", tables.to_text(rows, columns, suffix))
    reply_graph = graph.author_graph(found)
    for suffix in (".graphml", ".gexf", ".dot", ".json"):
        write(output / f"graph{suffix}", [graph.WRITERS[suffix](reply_graph)])
    for suffix in ("svg", "png"):
        write(output / f"graph.{suffix}", draw.to_image(reply_graph, suffix, lang=lang.value))
    write(output / "graph.html", [draw.to_html(reply_graph, lang=lang.value)])
    losses = [(Path(name).name, str(loss)) for name, loss in run.losses]
    write(output / "report.html", [report.to_html(found, loaded.activities, losses=losses, lang=lang.value)])
    write(output / "summary.json", [json.dumps(_summary(run, found, loaded), ensure_ascii=False, indent=2) + "\n"])
    if not quiet:
        _print_summary(found, loaded, output)
    run.finish()


def _summary(run: Run, found: Sequence["Analysis"], model: "Model") -> "Record":
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
    run = Run(quiet, verbose)
    lines = (json.dumps(t.to_json(), ensure_ascii=False) + "\n" for t in run.threads(inputs, from_, include))
    if output is None:
        for line in lines:
            sys.stdout.write(line)
    else:
        write(output, lines)
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

    chosen = record_format(format, output)
    run = Run(quiet, verbose)
    found = analysis.analyze(
        run.threads(inputs, from_, include), load(model, activities), min_score=min_score, none_too=all_
    )
    records = (record for a in found for record in analysis.stance_records(a.thread, a.stances))
    put(records, analysis.STANCE_COLUMNS, chosen, output)
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

    chosen = record_format(format, output)
    run = Run(quiet, verbose)
    records = (
        record
        for thread in run.threads(inputs, from_, include)
        for record in analysis.reply_records(thread, find(thread)[0])
    )
    put(records, analysis.REPLY_COLUMNS, chosen, output)
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
    run = Run(quiet, verbose)
    built = build(analyses(run, inputs, from_, include, load(model, activities), 0.0), level.value)
    if suffix == ".html":
        write(output, [draw.to_html(built, lang=lang.value)])
    elif suffix in (".svg", ".png"):
        write(output, draw.to_image(built, suffix[1:], lang=lang.value))
    else:
        write(output, [WRITERS[suffix](built)])
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

    run = Run(quiet, verbose)
    loaded = load(model, activities)
    found = analyses(run, inputs, from_, include, loaded, min_score)
    losses = [(Path(name).name, str(loss)) for name, loss in run.losses]
    write(output, [report_.to_html(found, loaded.activities, losses=losses, lang=lang.value)])
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
