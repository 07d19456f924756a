"""The command line: every command is a few lines over a public function; the only package that prints and writes."""

import io
import sys
from typing import NoReturn

from analyzer.cli import commands, learning  # noqa: F401  the commands register themselves
from analyzer.cli.app import app


def main() -> NoReturn:
    """Runs the command line and exits: 0 done, 1 some input failed, 2 wrong usage."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding=None if sys.stdout.isatty() else "utf-8", errors="replace")
    app()
    sys.exit(0)
