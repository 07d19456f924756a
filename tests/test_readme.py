"""The documents are held to their word: code that runs, commands that exist, figures that were measured."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analyzer.cli import app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
SHEET = (ROOT / "corpora" / "README.md").read_text(encoding="utf-8")


def test_the_readmes_python_runs(capsys, monkeypatch):
    """The example prints stances with their evidence."""
    monkeypatch.chdir(ROOT)
    code = re.search(r"```python\n(.*?)```", README, re.S)[1]
    exec(compile(code, "README.md", "exec"), {})
    assert "favor" in capsys.readouterr().out


def test_the_readme_names_every_command():
    """What `--help` lists stands in the README."""
    commands = {command.name or command.callback.__name__ for command in app.registered_commands}
    commands |= {group.name for group in app.registered_groups}
    assert commands == set(re.findall(r"`analyzer (\w+)", README))
    assert CliRunner().invoke(app, ["--help"]).exit_code == 0


@pytest.mark.parametrize("split", ["dev", "test"])
def test_the_readme_gives_the_models_scores(model, split):
    """The tables of scores are what the model's meta.json records."""
    scores = model.meta["scores"][split]
    for name, row in scores["stances"].items():
        figures = " | ".join(f"{row[column]:.2f}" for column in ("precision", "recall", "f1"))
        assert f"| {name} | {split} | {figures} |" in README
    for name, row in scores["replies"].items():
        figures = " | ".join(f"{row[column]:.2f}" for column in ("precision", "recall", "f1", "agreement_macro_f1"))
        assert f"| {name} | {split} | {figures} |" in README


def test_the_data_sheet_gives_the_learning_curve(model):
    """Its rows are those that the training recorded."""
    for row in model.meta["learning_curve"]:
        figures = " | ".join(f"{row[column]:.2f}" for column in ("f1", "pair_f1", "label_accuracy"))
        assert f"| {row['threads']} | {figures} |" in SHEET


def test_the_corpus_keeps_its_bounds_and_the_data_sheet_holds_the_figures():
    """`scripts/check_corpus` finds nothing amiss, and every row that it prints stands in the data sheet."""
    check = subprocess.run(
        [sys.executable, ROOT / "scripts" / "check_corpus"], capture_output=True, text=True, check=False
    )
    assert check.returncode == 0, check.stdout + check.stderr
    rows = re.findall(r"^\| .* \|$", check.stdout, re.M)
    assert len(rows) > 150
    assert [row for row in rows if row not in SHEET] == []


def test_the_model_card_is_the_models(model):
    """The card carries the checksum of the model beside it."""
    card = next((ROOT / "models").glob("*/README.md")).read_text(encoding="utf-8")
    assert model.meta["checksum"] in card
