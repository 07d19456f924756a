"""The commands about the model itself: how good it is, and why it says what it says."""

import json
import sys
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.annotate import Tool
from analyzer.cli.app import app
from analyzer.cli.options import (
    Activities,
    AsFormat,
    Format,
    From,
    Include,
    Inputs,
    ModelPath,
    OutputFile,
    Quiet,
    Verbose,
)
from analyzer.cli.run import Run, load, printable, put, record_format, write
from analyzer.errors import ReadError, ThreadError

if TYPE_CHECKING:
    from analyzer.evaluate import Evaluation
    from analyzer.explain import Explanation

GoldPaths = Annotated[
    list[Path], typer.Argument(metavar="GOLD", help="Gold threads: files, folders, or a corpus with --split.")
]


@app.command()
def evaluate(
    gold: GoldPaths,
    split: Annotated[
        str | None, typer.Option("--split", metavar="NAME", help="Only this split of a corpus with a grid.csv.")
    ] = None,
    cues: Annotated[bool, typer.Option("--cues", help="What each cue is worth, instead of the scores.")] = False,
    output: OutputFile = None,
    format: AsFormat = None,
    model: ModelPath = None,
    activities: Activities = None,
    quiet: Quiet = False,
) -> None:
    """Scores against gold threads, with 95 % intervals over threads, beside three baselines.

    Example: `analyzer evaluate corpora --split dev`
    """
    from analyzer import evaluate as evaluate_
    from analyzer.gold import read_gold, read_split

    chosen = record_format(format, output)
    if not cues and chosen not in (Format.TABLE, Format.JSON, Format.JSONL):
        raise typer.BadParameter("scores come as table or json; with --cues as csv and so on too")
    threads = [one for folder in gold for one in read_split(folder, split)] if split else read_gold(gold)
    loaded = load(model, activities)
    run = Run(quiet)
    seen = {*loaded.meta.get("trained_on", ()), *loaded.meta.get("encoder_trained_on", ())}
    if known := {one.thread.id for one in threads} & seen:
        run.say(
            f"{len(known)} of {len(threads)} threads are among those {loaded.label} was trained on: "
            "their scores say little"
        )
    candidates = loaded.candidates([one.thread for one in threads])
    if cues:
        columns = [field.name for field in fields(evaluate_.CueScores)]
        put((asdict(row) for row in evaluate_.score_cues(candidates, threads)), columns, chosen, output)
        return
    stances = [loaded.classifiers.stances(listed) for listed in candidates]
    found = evaluate_.evaluate(stances, candidates, threads)
    if chosen is Format.TABLE:
        _print_evaluation(found)
        return
    text = json.dumps({"model": loaded.label, **asdict(found)}, ensure_ascii=False, indent=2) + "\n"
    if output is None:
        print(text, end="")
    else:
        write(output, [text])


def _print_evaluation(found: "Evaluation") -> None:
    from rich.console import Console
    from rich.table import Table

    from analyzer.evaluate import BOUNDED

    console = Console()
    best, *_ = found.stances.values()
    console.print(f"{found.threads} threads, {found.comments} comments, {best.gold} stances in gold", highlight=False)
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("stances", no_wrap=True)
    for name in found.stances:
        table.add_column(name, justify="right")
        if name == "classifier":
            table.add_column("95 %", justify="right", no_wrap=True)
    for score in ("f1", *(name for name in BOUNDED if name != "f1"), "macro_f1", "favor_against_f1", "none_f1"):
        row = [f"{getattr(scores, score):.3f}" for scores in found.stances.values()]
        low, high = found.intervals.get(score, (None, None))
        table.add_row(score, row[0], "" if low is None else f"{low:.2f}–{high:.2f}", *row[1:])
    for label, scores in best.by_label.items():
        table.add_row(
            label,
            f"{scores.f1:.3f}",
            "",
            *(f"{other.by_label[label].f1:.3f}" for other in [*found.stances.values()][1:]),
        )
    console.print(table)
    console.print(
        f"candidates hold {found.candidate_recall:.3f} of the gold; calibration error {found.calibration_error:.3f}",
        highlight=False,
    )
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("replies", "precision", "recall", "f1", "agreement, macro f1"):
        table.add_column(name, justify="left" if name == "replies" else "right")
    for name, links in found.replies.items():
        figures = (links.precision, links.recall, links.f1, links.agreement_macro_f1)
        table.add_row(name, *(f"{figure:.3f}" for figure in figures))
    console.print(table)


@app.command()
def explain(
    inputs: Inputs,
    comment: Annotated[str, typer.Option("--comment", metavar="ID", help="The comment's id, or `post`.")],
    thread: Annotated[
        str | None, typer.Option("--thread", metavar="ID", help="Of which thread, where the input has several.")
    ] = None,
    format: AsFormat = None,
    from_: From = None,
    include: Include = None,
    model: ModelPath = None,
    activities: Activities = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Why each stance and link of one comment was found: probabilities, what weighed for and against, runners-up.

    Example: `analyzer explain export.xml --comment 1042`
    """
    from analyzer.explain import explain as explained

    chosen = format or (Format.TABLE if sys.stdout.isatty() else Format.JSON)
    if chosen not in (Format.TABLE, Format.JSON, Format.JSONL):
        raise typer.BadParameter("explanations come as table or json")
    run = Run(quiet, verbose)
    wanted = [one for one in run.threads(inputs, from_, include) if thread in (None, one.id)]
    holding = [one for one in wanted if any(other.id == comment for other in one.everything)]
    if not holding:
        raise ThreadError(f"no comment {comment!r} in {len(wanted)} threads", hint="`analyzer parse` shows all ids")
    if len(holding) > 1:
        ids = ", ".join(one.id for one in holding)
        raise ThreadError(f"{len(holding)} threads have a comment {comment!r}", hint=f"choose with --thread: {ids}")
    found = explained(holding[0], comment, load(model, activities))
    if chosen is Format.TABLE:
        _print_explanation(found)
    else:
        print(json.dumps(asdict(found), ensure_ascii=False, indent=None if chosen is Format.JSONL else 2))
    run.finish()


@app.command()
def train(
    gold: GoldPaths,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="MODEL", help="The model folder to write.")],
    alone: Annotated[
        bool, typer.Option("--alone", help="Learn from GOLD only, not also from what the model learnt from.")
    ] = False,
    model: ModelPath = None,
    activities: Activities = None,
    quiet: Quiet = False,
) -> None:
    """Refits the classifiers with annotated threads and says what changed, by cross-validation on them.

    Pipeline and encoder stay those of the model at hand; `--model MODEL` then uses the new one.

    Example: `analyzer train gold -o mine`
    """
    import sklearn

    from analyzer import card
    from analyzer.gold import corpus_hash, read_gold
    from analyzer.model import default_path, learnt_from, save
    from analyzer.train import retrain

    if output.exists():
        raise typer.BadParameter(f"{output} exists; name a new folder")
    run = Run(quiet)
    base = load(model, activities)
    folder = Path(model) if model else default_path()
    threads = read_gold(gold)
    found = retrain(base, ([], []) if alone else learnt_from(folder), threads)
    if found.left_out:
        run.say(f"{len(found.left_out)} threads left out: the encoder was trained on them")
    stances = sum(len(one.stances) for one in threads)
    taxonomy = Path(activities) if activities else folder / "activities.toml"
    meta = {
        **{name: base.meta[name] for name in ("spacy", "licence", "sources", "limits", "encoder_trained_on")},
        "name": output.name,
        "version": base.meta["version"],
        "description": f"The classifiers of {base.label}, fitted anew",
        "written_by": "`analyzer train`",
        "scikit-learn": sklearn.__version__,
        "corpus": f"{len(threads)} threads, {sum(len(one.thread.comments) for one in threads)} comments, "
        f"{stances} stances" + ("" if alone else f", beside what {base.label} was"),
        "corpus_sha256": corpus_hash(gold),
        "trained_on": sorted({*(() if alone else base.meta["trained_on"]), *(one.thread.id for one in threads)}),
        "scores": {"the gold threads, by cross-validation": asdict(found.after)},
    }
    beside = output.with_name(f".{output.name}.building")
    save(
        beside,
        nlp=folder / "nlp",
        encoder=folder,
        taxonomy=taxonomy.read_text(encoding="utf-8"),
        classifiers=found.classifiers,
        rows=found.rows,
        meta=meta,
    )
    page = card.to_markdown(json.loads((beside / "meta.json").read_text(encoding="utf-8")))
    (beside / "README.md").write_text(page, encoding="utf-8")
    beside.rename(output)
    _print_change(found.before, found.after)


annotate = typer.Typer(
    no_args_is_help=True, rich_markup_mode="markdown", help="Out to an annotation tool and back: correct, then `train`."
)
app.add_typer(annotate, name="annotate")


@annotate.command("export")
def annotate_export(
    inputs: Inputs,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The file of tasks to write.")],
    tool: Annotated[Tool, typer.Option("--tool", help="Whose format.")] = Tool.LABEL_STUDIO,
    from_: From = None,
    include: Include = None,
    model: ModelPath = None,
    activities: Activities = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Every comment as a task, with what was found in it; the doubtful ones first.

    For Label Studio the interface that its project needs is written beside, as `FILE.xml`.

    Example: `analyzer annotate export export.xml -o tasks.json`
    """
    from analyzer import analysis, annotate

    run = Run(quiet, verbose)
    loaded = load(model, activities)
    found = analysis.analyze(run.threads(inputs, from_, include), loaded, none_too=True)
    listed = annotate.tasks(found, tool)
    write(output, [annotate.to_text(listed, tool)])
    if tool is Tool.LABEL_STUDIO:
        write(output.with_suffix(f"{output.suffix}.xml"), [annotate.label_studio_config(loaded.activities)])
    run.say(f"{len(listed)} tasks in {output}")
    run.finish()


@annotate.command("import")
def annotate_import(
    tasks: Annotated[Path, typer.Argument(metavar="TASKS", help="The annotations, as the tool exported them.")],
    inputs: Inputs,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="The folder of gold threads to write.")],
    from_: From = None,
    include: Include = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Corrected tasks to gold threads, which `train` and `evaluate` take; INPUT is what the tasks were exported from.

    Only comments whose task was annotated count; the others are left open.

    Example: `analyzer annotate import project.json export.xml -o gold`
    """
    from analyzer import annotate

    try:
        text = tasks.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ReadError(f"{tasks}: {error}", hint="check the path") from error
    run = Run(quiet, verbose, into=output)
    threads = list(run.threads(inputs, from_, include))
    found = annotate.corrected(text, threads, str(tasks))
    for place, one in enumerate(found, 1):
        write(output / f"{place:04}.json", [json.dumps(one.to_json(), ensure_ascii=False, indent=1) + "\n"])
    stances = sum(len(one.stances) for one in found)
    run.say(
        f"{sum(len(one.judged or ()) for one in found)} comments, {stances} stances, {len(found)} threads in {output}"
    )
    run.finish()


def _print_change(before: "Evaluation", after: "Evaluation") -> None:
    from rich.console import Console
    from rich.table import Table

    from analyzer.evaluate import BOUNDED

    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("", "before", "after", "95 %"):
        table.add_column(column, justify="right" if column else "left", no_wrap=True)
    for score in BOUNDED:
        old, new = (getattr(found.stances["classifier"], score) for found in (before, after))
        low, high = after.intervals[score]
        table.add_row(score, f"{old:.3f}", f"{new:.3f}", f"{low:.2f}–{high:.2f}")
    table.add_row("calibration_error", f"{before.calibration_error:.3f}", f"{after.calibration_error:.3f}", "")
    Console().print(table)


def _print_explanation(found: "Explanation") -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, markup=False)
    console.print(Text(f"{found.thread_id}/{found.comment_id}, {found.author or '?'}", style="bold"))
    console.print(printable(found.text))
    for reason in found.reasons:
        chances = ", ".join(f"{label} {chance:.2f}" for label, chance in reason.probabilities.items())
        console.print()
        console.print(Text(f"{reason.activity}: {reason.label}", style="bold"))
        console.print(f"  probabilities   {chances}")
        if reason.stance:
            times = ", ".join(f"{time} {chance:.2f}" for time, chance in reason.timeframes.items())
            console.print(f"  condition       {reason.conditional:.2f}; time: {times}")
        console.print(f"  passage         {printable(reason.evidence)}")
        console.print(f"  words looked at {printable(', '.join(reason.focus))}")
        weights = ", ".join(f"{name} {weight:+.2f}" for name, weight in reason.weights[:8])
        console.print(f"  for {reason.label}, against {reason.runner_up}: {weights}")
    if not found.reasons:
        console.print("\nNo activity that it names or speaks of.")
    for reply in found.replies:
        sign = f", by {printable(found.text[slice(*reply.span)])!r}" if reply.span else ""
        console.print(f"\nanswers {reply.to_id}: {reply.kind}{sign}, {reply.agreement}, score {reply.score:.2f}")
