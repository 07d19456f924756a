"""What several test files share: the model that comes with the program, loaded once."""

import functools
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer.testing

from analyzer.analysis import Analysis
from analyzer.replies import Agreement, Kind, Reply
from analyzer.stance import Label, Stance
from analyzer.thread import Author, Comment, Thread


@pytest.fixture(scope="session")
def model():
    """The built-in model."""
    from analyzer import load_model

    return load_model()


@pytest.fixture(scope="session")
def corpus():
    """The folder of gold threads."""
    return Path(__file__).parent.parent / "corpora" / "threads"


@pytest.fixture(scope="session")
def loaded():
    """Model loading that happens once where it is the built-in model with its own taxonomy."""
    from analyzer import model

    real, default = model.load_model, functools.cache(model.load_model)
    return lambda path=None, *, activities=None: real(path, activities=activities) if path or activities else default()


@pytest.fixture
def run(monkeypatch, loaded, tmp_path):
    """Runs a command line in an empty folder; the result has exit_code, stdout and stderr."""
    from analyzer import cli, model

    monkeypatch.setattr(model, "load_model", loaded)
    monkeypatch.chdir(tmp_path)
    runner = typer.testing.CliRunner()

    def invoke(*args, stdin=None):
        result = runner.invoke(cli.app, [str(arg) for arg in args], input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)
        assert "Traceback" not in result.stderr
        return result

    return invoke


HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    '"><img src=x onerror=alert(1)>',
    "=HYPERLINK(A1)",
    "@SUM(1)",
    "uno: due",
    "uno_ due",
    "a\tb\nc\rd",
    "\x00\x1b[31mrosso\x0b",
    "'quota\\",
    "Zoë 🎈 中文",
    "\u202eאבג\u202c",
    "{{ 7 * 7 }} & co",
    "$\\frac{$",
    "\ud83d",
)
"""Names that break out of formats which do not guard against them."""


def thread_of(*comments, id="bottega", title=None, url=None, post=("Anna Bianchi", "Che cosa dareste fuori?")):
    """A thread of (author, text) pairs, the comments being `c1`, `c2` …; an author is a name, an `Author` or None."""
    made = []
    for place, (author, text) in enumerate((post, *comments)):
        who = Author(id=author.lower(), name=author) if isinstance(author, str) else author
        created = datetime(2012, 3, 1, 9, place % 60, tzinfo=UTC)
        made.append(Comment(id=f"c{place}" if place else "post", author=who, text=text, created=created))
    return Thread(id=id, title=title, url=url, post=made[0], comments=tuple(made[1:]))


def analysis_of(thread, stances=(), replies=()):
    """What was found in a thread, from (comment, activity, stance) and (comment, to, kind, agreement) tuples.

    The evidence of each is the first four characters of its comment.
    """
    return Analysis(
        thread=thread,
        model="finto-1",
        mentions=(),
        stances=tuple(
            Stance(
                comment_id=comment,
                activity=activity,
                stance=Label(stance),
                conditional=False,
                timeframe=None,
                score=0.75,
                span=(0, 4),
            )
            for comment, activity, stance in stances
        ),
        replies=tuple(
            Reply(
                comment_id=comment,
                to_id=to,
                kind=Kind(kind),
                agreement=Agreement(agreement),
                score=0.5,
                span=(0, 4) if kind not in ("explicit", "none") else None,
            )
            for comment, to, kind, agreement in replies
        ),
    )


def hostile_analysis():
    """A thread whose authors have hostile names, each answering the one before."""
    comments = [(name, f"{name} darei fuori la SEO") for name in HOSTILE]
    links = [(f"c{n}", f"c{n - 1}" if n > 1 else "post", "mention", "disagree") for n in range(1, len(HOSTILE) + 1)]
    stances = [(f"c{n}", "seo", "favor") for n in range(1, len(HOSTILE) + 1)]
    return analysis_of(thread_of(*comments, id="host:ile", title=HOSTILE[0]), stances, links)
