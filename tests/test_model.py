"""The model folder: loaded as it was saved, refused when damaged, traceable; and floors under its recorded scores."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.errors import ModelError
from analyzer.gold import corpus_hash
from analyzer.model import checksum, default_path, load_model

# Scores on the dev split, which `scripts/gate` takes anew; they only rise. The card has them beside the baselines.
HELD = json.loads((Path(__file__).parent.parent / "scripts" / "floors.json").read_text(encoding="utf-8"))
# A point below what the pipeline that ships scored on the treebanks' test files.
PIPELINE_FLOORS = {
    "it_isdt-ud-test": {
        "tokens": 0.988,
        "pos": 0.945,
        "morph": 0.839,
        "lemma": 0.961,
        "lemma any case": 0.97,
        "las": 0.802,
    },
    "it_isdt-ud-test noisy": {
        "tokens": 0.981,
        "pos": 0.924,
        "morph": 0.822,
        "lemma": 0.916,
        "lemma any case": 0.941,
        "las": 0.771,
    },
    "it_postwita-ud-test": {
        "tokens": 0.979,
        "pos": 0.92,
        "morph": 0.869,
        "lemma": 0.919,
        "lemma any case": 0.947,
        "las": 0.691,
    },
    "it_postwita-ud-test noisy": {
        "tokens": 0.973,
        "pos": 0.904,
        "morph": 0.857,
        "lemma": 0.891,
        "lemma any case": 0.929,
        "las": 0.675,
    },
    "it_twittiro-ud-test": {
        "tokens": 0.987,
        "pos": 0.931,
        "morph": 0.888,
        "lemma": 0.92,
        "lemma any case": 0.952,
        "las": 0.738,
    },
    "it_twittiro-ud-test noisy": {
        "tokens": 0.978,
        "pos": 0.919,
        "morph": 0.876,
        "lemma": 0.89,
        "lemma any case": 0.931,
        "las": 0.72,
    },
}


@pytest.fixture
def copy(tmp_path):
    """A copy of the built-in model that a test may damage."""
    return shutil.copytree(default_path(), tmp_path / "model")


def test_the_built_in_model_names_itself_and_its_data(model):
    """Name, version, corpus and licence can be cited from it."""
    assert model.label == f"{model.meta['name']}-{model.meta['version']}"
    assert {"corpus", "corpus_sha256", "licence", "sources", "learning_curve"} <= set(model.meta)


def test_checksum_is_that_of_the_files(model):
    """meta.json records the checksum of what lies beside it."""
    assert checksum(default_path()) == model.meta["checksum"]


def test_a_changed_file_is_refused(copy):
    """One byte more in a classifier, and the model does not load."""
    with (copy / "classifiers.json").open("ab") as file:
        file.write(b"x")
    with pytest.raises(ModelError, match="not those it was saved with"):
        load_model(copy)


@pytest.mark.parametrize(
    ("key", "value", "message"), [("protocol", 99, "protocol 99"), ("spacy", ">=99", "needs spaCy >=99")]
)
def test_a_model_for_other_versions_is_refused(copy, key, value, message):
    """Another protocol or spaCy range is named in the error."""
    meta = json.loads((copy / "meta.json").read_text(encoding="utf-8"))
    (copy / "meta.json").write_text(json.dumps({**meta, key: value}), encoding="utf-8")
    with pytest.raises(ModelError, match=message):
        load_model(copy)


@pytest.mark.parametrize("text", ["[]", '{"protocol": 1}', "{"])
def test_a_damaged_description_is_refused(copy, text):
    """A meta.json that describes no model is a ModelError, not a traceback."""
    (copy / "meta.json").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=r"meta\.json: not"):
        load_model(copy)


def test_a_stray_hidden_file_changes_nothing(copy):
    """What a desktop leaves in a folder is no part of the model."""
    (copy / ".DS_Store").write_bytes(b"x")
    assert load_model(copy).label


def test_no_model_folder(tmp_path):
    """A path without meta.json is no model, and says what to do."""
    with pytest.raises(ModelError, match="no model folder") as raised:
        load_model(tmp_path)
    assert raised.value.hint


def test_reading_with_a_model_needs_no_scikit_learn():
    """Importing it takes a second or two, and only training calls for it."""
    code = """if True:
        import sys
        from analyzer import load_model
        from analyzer.thread import Comment, Thread
        post = Comment(id="post", author=None, text="La newsletter la scrivo io e basta.")
        model = load_model()
        (found,) = model.candidates([Thread(id="t", title=None, url=None, post=post, comments=())])
        assert model.classifiers.stances(found)
        assert not {"sklearn", "scipy"} & set(sys.modules)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_an_own_taxonomy_replaces_the_models(tmp_path):
    """With `activities` the model looks for other activities, with the same classifiers."""
    file = tmp_path / "mine.toml"
    file.write_text('[[activity]]\nid = "translation"\nphrases = ["le traduzioni"]\n', encoding="utf-8")
    other = load_model(activities=file)
    assert [activity.id for activity in other.activities] == ["translation"]


@pytest.mark.parametrize(("name", "floor"), HELD["floors"].items())
def test_recorded_scores_stand_above_their_floors(model, name, floor):
    """The scores of stances and replies have not fallen."""
    dev = model.meta["scores"]["dev"]
    known = {
        "candidate_recall": dev["candidate_recall"],
        "calibration": 1 - dev["calibration_error"],
        **{f"reply_{score}": value for score, value in dev["replies"]["rules"].items()},
        **dev["stances"]["classifier"],
    }
    assert known[name] >= floor


def test_the_floors_were_set_on_the_gold_threads_that_lie_here(corpus):
    """Other threads need other floors."""
    assert corpus_hash([corpus]) == HELD["corpus_sha256"]


@pytest.mark.parametrize("file", PIPELINE_FLOORS)
def test_pipeline_scores_stand_above_their_floors(model, file):
    """The recorded scores of the pipeline on the treebanks have not fallen."""
    row = model.meta["pipeline"][file]
    assert {score: row[score] >= floor for score, floor in PIPELINE_FLOORS[file].items()} == dict.fromkeys(
        PIPELINE_FLOORS[file], True
    )


def test_the_classifier_beats_its_baselines(model):
    """Majority and keyword rules are worse on the same threads."""
    scores = {name: row["f1"] for name, row in model.meta["scores"]["dev"]["stances"].items()}
    assert scores["classifier"] == max(scores.values())


def test_the_model_was_trained_on_the_corpus_that_lies_here(model, corpus):
    """The recorded scores are those of the gold threads in the project."""
    assert corpus_hash([corpus, corpus.parent / "exchanges"]) == model.meta["corpus_sha256"]
