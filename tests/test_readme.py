"""The documents are held to their word: code that runs, commands that exist, figures that were measured."""

import re
from pathlib import Path

from typer.testing import CliRunner

from analyzer.cli import app
from analyzer.gold import read_gold

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readmes_python_runs(capsys, monkeypatch):
    """The example prints stances with their evidence."""
    monkeypatch.chdir(ROOT)
    code = re.search(r"```python\n(.*?)```", README, re.S)[1]
    exec(compile(code, "README.md", "exec"), {})
    assert "favor" in capsys.readouterr().out


def test_the_readme_names_every_command():
    """What `--help` lists stands in the README."""
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    assert commands == set(re.findall(r"`analyzer (\w+)", README))
    assert CliRunner().invoke(app, ["--help"]).exit_code == 0


def test_the_readme_gives_the_models_scores(model):
    """The table of scores is what the model's meta.json records."""
    for name, row in model.meta["scores"]["stances"].items():
        figures = " | ".join(f"{row[column]:.2f}" for column in ("precision", "recall", "f1"))
        assert f"| {name} | {figures} |" in README
    for name, row in model.meta["scores"]["replies"].items():
        figures = " | ".join(f"{row[column]:.2f}" for column in ("precision", "recall", "f1", "agreement_macro_f1"))
        assert f"| {name} | {figures} |" in README


def test_the_data_sheet_counts_the_corpus(corpus):
    """Threads, comments, stances and replies are as the data sheet says."""
    sheet = (corpus.parent / "README.md").read_text(encoding="utf-8")
    gold = read_gold([corpus])
    stances = [stance.stance.value for one in gold for stance in one.stances]
    labels = ", ".join(f"{label} {stances.count(label)}" for label in ("favor", "against", "mixed"))
    assert f"| {len(gold)}, {sum(len(one.thread.comments) for one in gold)} (" in sheet
    assert f"| {len(stances)}: {labels};" in sheet
    assert f"| {sum(len(one.replies) for one in gold)}: to the post" in sheet


def test_the_model_card_is_the_models(model):
    """The card carries the checksum of the model beside it."""
    card = next((ROOT / "models").glob("*/README.md")).read_text(encoding="utf-8")
    assert model.meta["checksum"] in card
