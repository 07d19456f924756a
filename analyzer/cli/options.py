"""The options and arguments that commands share."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from analyzer.readers import REASONS, readers


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
