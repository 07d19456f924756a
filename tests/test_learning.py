"""The commands about the model: evaluate, explain, train, annotate, as people meet them."""

import csv
import io
import json
import shutil

import pytest

from analyzer.gold import read_gold
from analyzer.model import load_model

CORPUS_THREADS = 8  # short dev threads that make the gold of these tests


@pytest.fixture(scope="session")
def gold(corpus, tmp_path_factory):
    """A folder with a few gold threads that the model was not trained on."""
    folder = tmp_path_factory.mktemp("gold")
    grid = (corpus.parent / "grid.csv").read_text(encoding="utf-8").splitlines()
    dev = [line.split(",")[0] for line in grid if line.split(",")[1] == "dev"]
    smallest = sorted(dev, key=lambda name: (corpus / f"{name}.json").stat().st_size)[:CORPUS_THREADS]
    for name in smallest:
        shutil.copy(corpus / f"{name}.json", folder)
    return folder


# evaluate


def test_evaluate_gives_scores_intervals_and_baselines_as_json(run, gold):
    """All scores of the model and its baselines, the intervals around them, and the calibration."""
    result = run("evaluate", gold, "--format", "json")
    found = json.loads(result.stdout)
    assert set(found["stances"]) == {"classifier", "majority by activity", "unigram SVM", "keyword rules"}
    low, high = found["intervals"]["f1"]
    assert low <= found["stances"]["classifier"]["f1"] <= high
    assert found["threads"] == CORPUS_THREADS
    assert found["model"].startswith("it_comments-")
    assert sum(row["found"] for row in found["calibration"]) == found["stances"]["classifier"]["found"]
    assert result.stderr == ""


def test_evaluate_prints_a_table(run, gold):
    """For people: a line a score, the baselines beside it."""
    lines = run("evaluate", gold, "--format", "table").stdout.splitlines()
    assert lines[0].startswith(f"{CORPUS_THREADS} threads, ")
    assert any(line.startswith("label_accuracy ") and "–" in line for line in lines)
    assert any(line.startswith("candidates hold ") for line in lines)


def test_evaluate_judges_cues(run, gold):
    """With --cues each cue is a record, which may be CSV too."""
    rows = list(csv.DictReader(io.StringIO(run("evaluate", gold, "--cues", "--format", "csv").stdout)))
    assert {row["group"] for row in rows} <= {"hand_out", "keep_in", "outside_doer", "inside_doer", "split"}
    assert all(0 < float(row["coverage"]) <= 1 and 0 <= float(row["right"]) <= 1 for row in rows)


def test_evaluate_says_where_a_model_scores_its_own_lessons(run, corpus):
    """Threads that the model was trained on make its scores worthless, and it says so."""
    grid = (corpus.parent / "grid.csv").read_text(encoding="utf-8").splitlines()
    trained = next(line.split(",")[0] for line in grid if line.split(",")[1] == "train")
    result = run("evaluate", corpus / f"{trained}.json", "--format", "json")
    assert "1 of 1 threads are among those" in result.stderr


@pytest.mark.parametrize(
    ("args", "status", "message"),
    [
        (["nowhere"], 1, "nowhere: no such file or folder"),
        ([".", "--split", "dev"], 1, "grid.csv: no such file"),
        ([".", "--format", "csv"], 2, "scores come as table or json"),
    ],
)
def test_evaluate_names_what_is_wrong(run, args, status, message):
    """A missing folder, a corpus without splits, a format that scores do not have."""
    result = run("evaluate", *args)
    assert result.exit_code == status
    assert message in " ".join(result.stderr.split())


def test_evaluate_knows_the_splits_of_a_corpus(run, corpus):
    """An unknown split is named with those that there are."""
    result = run("evaluate", corpus.parent, "--split", "prova")
    assert result.exit_code == 1
    assert "no split 'prova'" in result.stderr
    assert "dev, test, train" in result.stderr


# train


def test_train_learns_from_gold_beside_what_the_model_knew(run, gold, tmp_path):
    """A new model folder with its card, which loads, names its corpus, and is used by --model."""
    result = run("train", gold, "-o", "mine")
    assert result.exit_code == 0, result.stderr
    assert "label_accuracy" in result.stdout
    mine, base = load_model(tmp_path / "mine"), load_model()
    assert mine.label == "mine-0.1.0"
    assert f"{CORPUS_THREADS} threads" in mine.meta["corpus"]
    assert set(mine.meta["trained_on"]) == {*base.meta["trained_on"], *(one.thread.id for one in read_gold([gold]))}
    assert mine.meta["checksum"] in (tmp_path / "mine" / "README.md").read_text(encoding="utf-8")
    assert run("evaluate", gold, "--model", "mine", "--format", "json").stderr.startswith(f"{CORPUS_THREADS} of")
    again = run("train", gold, "-o", "mine")
    assert again.exit_code == 2
    assert "mine exists" in " ".join(again.stderr.split())


def test_train_takes_a_taxonomy_of_ones_own(run, gold, tmp_path):
    """The model keeps the activities that it was trained with."""
    (tmp_path / "few.toml").write_text(
        '[[activity]]\nid = "seo"\nphrases = ["la SEO", "Google"]\n\n[[activity]]\nid = "content_creation"\n'
        'phrases = ["i testi", "il blog"]\n\n[[activity]]\nid = "web_development"\nphrases = ["il sito"]\n',
        encoding="utf-8",
    )
    result = run("train", gold, "--activities", "few.toml", "-o", "few")
    assert result.exit_code == 0, result.stderr
    assert [activity.id for activity in load_model(tmp_path / "few").activities] == [
        "seo",
        "content_creation",
        "web_development",
    ]


def test_train_needs_something_to_learn_from(run, gold, tmp_path):
    """One thread alone is too little, threads that the encoder knows teach nothing, and no folder is left behind."""
    (one, *_) = sorted(gold.glob("*.json"))
    result = run("train", one, "--alone", "-o", "mine")
    assert result.exit_code == 1
    assert "too few to learn from" in result.stderr
    assert list(tmp_path.iterdir()) == []


# annotate


def test_annotate_goes_out_and_comes_back_as_gold_that_train_takes(run, gold, tmp_path):
    """Export, accept, import: gold threads with the stances found, of the comments that were annotated."""
    source = sorted(gold.glob("*.json"))[0]
    assert run("annotate", "export", source, "--tool", "doccano", "-o", "tasks.jsonl").exit_code == 0
    lines = (tmp_path / "tasks.jsonl").read_text(encoding="utf-8").splitlines()[:5]
    (tmp_path / "done.jsonl").write_text("\n".join(lines), encoding="utf-8")
    result = run("annotate", "import", "done.jsonl", source, "-o", "mine")
    assert result.exit_code == 0, result.stderr
    (read,) = read_gold([tmp_path / "mine"])
    assert len(read.judged) == 5
    assert len(read.stances) == sum(len(json.loads(line)["label"]) for line in lines)
    assert run("evaluate", "mine", "--format", "json").exit_code == 0


def test_annotate_export_brings_label_studios_interface(run, gold, tmp_path):
    """Beside the tasks stands the XML that its project needs; the doubtful ones come first."""
    source = sorted(gold.glob("*.json"))[0]
    assert run("annotate", "export", source, "-o", "tasks.json").exit_code == 0
    listed = json.loads((tmp_path / "tasks.json").read_text(encoding="utf-8"))
    doubts = [task["data"]["doubt"] for task in listed]
    assert doubts == sorted(doubts, reverse=True)
    assert "<Label value=" in (tmp_path / "tasks.json.xml").read_text(encoding="utf-8")


def test_annotate_import_names_a_task_that_does_not_fit(run, gold, tmp_path):
    """A file that is no JSON, and a task of another thread, end with status 1 and write nothing."""
    source = sorted(gold.glob("*.json"))[0]
    (tmp_path / "a.csv").write_text("id,text\n", encoding="utf-8")
    (tmp_path / "b.jsonl").write_text(
        '{"text": "x", "label": [], "thread_id": "y", "comment_id": "z"}', encoding="utf-8"
    )
    for name, message in (("a.csv", "not JSON"), ("b.jsonl", "task 1: there is no comment 'z'"), ("c", "c: ")):
        result = run("annotate", "import", name, source, "-o", "mine")
        assert result.exit_code == 1
        assert message in result.stderr
    assert not (tmp_path / "mine").exists()


# explain


THREAD = {
    "id": "forno",
    "title": "Il forno",
    "post": {"author": "Piera", "text": "Che cosa dareste fuori?"},
    "comments": [
        {"id": "c1", "author": "Ugo", "text": "La newsletter la affiderei a un'agenzia esterna, se costa poco."},
        {"id": "c2", "author": "Lidia", "text": "@Ugo no, la newsletter la scriviamo noi."},
        {"id": "c3", "author": "Rita", "text": "Che freddo oggi."},
    ],
}


@pytest.fixture
def forno(tmp_path):
    """A small thread in a file."""
    path = tmp_path / "forno.json"
    path.write_text(json.dumps(THREAD), encoding="utf-8")
    return path


def test_explain_tells_probabilities_weights_and_links(run, forno):
    """All labels with their probabilities, what spoke for the one chosen, and the sign of each link."""
    found = json.loads(run("explain", forno, "--comment", "c2", "--format", "json").stdout)
    reason = next(reason for reason in found["reasons"] if reason["activity"] == "email_marketing")
    assert sum(reason["probabilities"].values()) == pytest.approx(1, abs=1e-3)
    assert reason["label"] == reason["stance"]["stance"] == "against"
    sizes = [abs(weight) for _, weight in reason["weights"]]
    assert sizes == sorted(sizes, reverse=True)
    assert reason["evidence"] in THREAD["comments"][1]["text"]
    assert all(word in THREAD["comments"][1]["text"] for word in reason["focus"])
    assert [(reply["to_id"], reply["kind"]) for reply in found["replies"]] == [("c1", "mention")]


def test_explain_is_readable(run, forno):
    """On a terminal: the comment, each activity with its label, the passage, and what weighed with its sign."""
    text = run("explain", forno, "--comment", "c1", "--format", "table").stdout
    assert text.startswith("forno/c1, Ugo\n")
    assert "email_marketing: favor" in text
    assert "read favor +" in text
    assert "answers post: none" in text
    assert "No activity" in run("explain", forno, "--comment", "c3", "--format", "table").stdout


def test_explain_names_what_it_does_not_find(run, forno):
    """An unknown comment, a comment id that two threads have, a format that explanations do not have."""
    result = run("explain", forno, "--comment", "c9")
    assert result.exit_code == 1
    assert "no comment 'c9'" in result.stderr
    forno.write_text(json.dumps([THREAD, {**THREAD, "id": "altro"}]), encoding="utf-8")
    result = run("explain", forno, "--comment", "c1")
    assert result.exit_code == 1
    assert "--thread: forno, altro" in result.stderr
    chosen = run("explain", forno, "--comment", "c1", "--thread", "altro", "--format", "json")
    assert json.loads(chosen.stdout)["thread_id"] == "altro"
    assert run("explain", forno, "--comment", "c1", "--format", "csv").exit_code == 2
