"""The model folder: loaded as it was saved, refused when damaged, traceable; and floors under its recorded scores."""

import json
import shutil

import pytest

from analyzer.errors import ModelError
from analyzer.gold import corpus_hash, read_gold
from analyzer.model import checksum, default_path, load_model

# Cross-validated on the corpus of this version; they only rise. The card has the figures beside the baselines.
FLOORS = {"f1": 0.28, "pair_f1": 0.52, "label_accuracy": 0.53, "conditional_f1": 0.65, "evidence_overlap": 0.69}
REPLY_FLOORS = {"f1": 0.83, "agreement_macro_f1": 0.49}


@pytest.fixture
def copy(tmp_path):
    """A copy of the built-in model that a test may damage."""
    return shutil.copytree(default_path(), tmp_path / "model")


def test_the_built_in_model_names_itself_and_its_data(model):
    """Name, version, corpus and licence can be cited from it."""
    assert model.label == f"{model.meta['name']}-{model.meta['version']}"
    assert {"corpus", "corpus_sha256", "licence", "sources", "split"} <= set(model.meta)


def test_checksum_is_that_of_the_files(model):
    """meta.json records the checksum of what lies beside it."""
    assert checksum(default_path()) == model.meta["checksum"]


def test_a_changed_file_is_refused(copy):
    """One byte more in a classifier, and the model does not load."""
    with (copy / "stance.skops").open("ab") as file:
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


def test_an_own_taxonomy_replaces_the_models(tmp_path):
    """With `activities` the model looks for other activities, with the same classifiers."""
    file = tmp_path / "mine.toml"
    file.write_text('[[activity]]\nid = "translation"\nphrases = ["le traduzioni"]\n', encoding="utf-8")
    other = load_model(activities=file)
    assert [activity.id for activity in other.activities] == ["translation"]


@pytest.mark.parametrize(("score", "floor"), FLOORS.items())
def test_stance_scores_stand_above_their_floors(model, score, floor):
    """The recorded cross-validated scores have not fallen."""
    assert model.meta["scores"]["stances"]["classifier"][score] >= floor


@pytest.mark.parametrize(("score", "floor"), REPLY_FLOORS.items())
def test_reply_scores_stand_above_their_floors(model, score, floor):
    """The recorded scores of the reply rules have not fallen."""
    assert model.meta["scores"]["replies"]["rules"][score] >= floor


def test_the_classifier_beats_its_baselines(model):
    """Majority and keyword rules are worse on the same folds."""
    scores = {name: row["f1"] for name, row in model.meta["scores"]["stances"].items()}
    assert scores["classifier"] == max(scores.values())


def test_the_model_was_trained_on_the_corpus_that_lies_here(model, corpus):
    """The recorded scores are those of the gold threads in the project."""
    assert corpus_hash(corpus) == model.meta["corpus_sha256"]


def test_the_corpus_is_what_its_data_sheet_asks_for(corpus):
    """Forty threads or more, about half of the comments without a stance, every activity and label, no double ids."""
    gold = read_gold([corpus])
    comments = sum(len(one.thread.comments) for one in gold)
    stances = [stance for one in gold for stance in one.stances]
    held = len({(one.thread.id, s.comment_id) for one in gold for s in one.stances if s.comment_id != "post"})
    assert len(gold) >= 40
    assert len({one.thread.id for one in gold}) == len(gold)
    assert comments >= 400
    assert 0.40 <= 1 - held / comments <= 0.55
    assert {stance.activity for stance in stances} == {activity.id for activity in load_model().activities}
    assert min(sum(stance.stance == label for stance in stances) for label in ("favor", "against", "mixed")) >= 80


def test_every_comment_of_the_corpus_has_a_reply(corpus):
    """In gold, too, each comment answers something."""
    for one in read_gold([corpus]):
        assert {reply.comment_id for reply in one.replies} == {comment.id for comment in one.thread.comments}
