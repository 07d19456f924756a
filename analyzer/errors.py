"""All that can go wrong, on one screen.

    AnalyzerError            message: what, with which value, where; hint: what to do, with the choices
    ├── ReadError            a file that cannot be read
    │   └── UnknownFormatError   a file of a kind that no reader knows
    │       └── UnsupportedExportError   a comment export, of a kind that cannot be read yet
    ├── ThreadError          a thread that cannot be: repeated ids, an answer to nothing
    ├── TaxonomyError        an activities file that does not hold together
    └── ModelError           a model folder that cannot be loaded

A bad comment is a problem, noted in the loss report; a bad file is one of these; a bug is a traceback.
"""


class AnalyzerError(Exception):
    """A mistake in what the program was given: `message` says what and where, `hint` what to do.

    >>> error = AnalyzerError("blog.xml: no such file", hint="check the path")
    >>> str(error), error.hint
    ('blog.xml: no such file', 'check the path')
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class ReadError(AnalyzerError):
    """A file that cannot be read."""


class UnknownFormatError(ReadError):
    """A file of a kind that no reader knows."""


class UnsupportedExportError(UnknownFormatError):
    """A comment export of a kind that cannot be read yet."""


class ThreadError(AnalyzerError):
    """A thread that cannot be: repeated ids, an answer to a comment that is not there."""


class TaxonomyError(AnalyzerError):
    """An activities file that does not hold together."""


class ModelError(AnalyzerError):
    """A model folder that is missing, damaged or made for other versions."""
