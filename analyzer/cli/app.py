"""The program itself: the group of commands, and what it does with a user's mistake."""

import json
import os
import sys
from typing import Annotated, Any

import typer
import typer.core

from analyzer import __version__
from analyzer.cli.run import complain
from analyzer.errors import AnalyzerError


class _Commands(typer.core.TyperGroup):
    """The commands, where a user's mistake is one line and a reader of our output that leaves early is none."""

    def invoke(self, ctx: Any) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
        except AnalyzerError as error:
            complain(error)
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
