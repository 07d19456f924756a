"""Scores: worked out by hand on small gold threads; baselines; reading gold."""

import json

import pytest

from analyzer.errors import ReadError, ThreadError
from analyzer.evaluate import (
    always_post,
    calibration,
    calibration_error,
    candidate_recall,
    counted,
    evaluate,
    intervals,
    keywords,
    majority,
    previous_comment,
    rows_of,
    score_cues,
    score_replies,
    score_stances,
    unigrams,
)
from analyzer.gold import read_gold
from analyzer.model import fit
from analyzer.stance import Candidate, Label, Stance

TEXT = "Il sito a una ditta, la newsletter in casa."


def gold_json(**changes):
    """A gold thread as JSON, with one comment that holds two stances."""
    data = {
        "id": "t",
        "title": None,
        "url": None,
        "post": {"author": "Carla", "created": None, "text": "Che ne dite?"},
        "comments": [
            {"id": "c1", "author": "Ada", "created": None, "reply_to": None, "text": TEXT},
            {"id": "c2", "author": "Ugo", "created": None, "reply_to": "c1", "text": "Vero."},
        ],
        "gold": {
            "stances": [
                stance_json("web_development", "favor", 0, 19, conditional=True),
                stance_json("email_marketing", "against", 21, 42, timeframe="present"),
            ],
            "replies": [
                {"comment_id": "c1", "to_id": "post", "kind": "none", "agreement": "neutral"},
                {"comment_id": "c2", "to_id": "c1", "kind": "explicit", "agreement": "agree"},
            ],
        },
    }
    data["gold"].update(changes)
    return data


def stance_json(activity, stance, start, end, *, conditional=False, timeframe=None):
    return {
        "comment_id": "c1",
        "activity": activity,
        "stance": stance,
        "conditional": conditional,
        "timeframe": timeframe,
        "start": start,
        "end": end,
        "evidence": TEXT[start:end],
    }


@pytest.fixture
def gold(tmp_path):
    """One gold thread, read from a file."""
    return written(tmp_path, gold_json())


def written(folder, data):
    (folder / "t.json").write_text(json.dumps(data), encoding="utf-8")
    return read_gold([folder])


def stance(activity, label, span=(0, 5), **more):
    given = {"conditional": False, "timeframe": None, "score": 0.5, **more}
    return Stance(comment_id="c1", activity=activity, stance=label, span=span, **given)


def test_perfect_stances_score_one(gold):
    """The gold itself scores 1 everywhere."""
    scores = score_stances([gold[0].stances], gold)
    assert (scores.precision, scores.recall, scores.f1, scores.pair_f1, scores.label_accuracy) == (1, 1, 1, 1, 1)
    assert (scores.conditional_f1, scores.timeframe_accuracy, scores.evidence_overlap) == (1, 1, 1)


def test_a_wrong_label_a_miss_and_a_false_one(gold):
    """One right, one with the wrong label, one on an activity without gold: the figures by hand."""
    found = [
        stance("web_development", Label.FAVOR),
        stance("email_marketing", Label.FAVOR),
        stance("seo", Label.FAVOR),
    ]
    scores = score_stances([found], gold)
    assert scores.precision == pytest.approx(1 / 3)
    assert scores.recall == pytest.approx(1 / 2)
    assert scores.f1 == pytest.approx(2 / 5)
    assert scores.pair_f1 == pytest.approx(4 / 5)
    assert scores.label_accuracy == pytest.approx(1 / 2)
    favor = scores.by_label["favor"]
    assert (favor.precision, favor.recall, favor.f1) == pytest.approx((1 / 3, 1, 1 / 2))
    assert (scores.macro_f1, scores.favor_against_f1) == pytest.approx((1 / 6, 1 / 4))
    assert scores.conditional_f1 == 0


def test_none_is_scored_on_candidates(gold):
    """Of two candidates without a stance one is left alone and one is not; a missed stance is a false none."""
    listed = [[candidate(name) for name in ("web_development", "email_marketing", "seo", "training")]]
    found = [[stance("web_development", Label.FAVOR), stance("seo", Label.FAVOR)]]
    assert score_stances(found, gold, listed).none_f1 == pytest.approx(1 / 2)


def test_intervals_hold_the_score_and_widen_with_doubt(gold):
    """Threads that are all alike leave no doubt; a good and a bad one leave all."""
    good, bad = counted(gold[0].stances, gold[0]), counted([], gold[0])
    assert intervals([good] * 8)["f1"] == (1, 1)
    low, high = intervals([good, bad] * 4)["f1"]
    assert low < 2 / 3 < high
    assert intervals([good, bad] * 4) == intervals([good, bad] * 4)


def test_evidence_overlaps_or_not(gold):
    """Evidence counts as right where it shares a character with the gold passage, touching is not enough."""
    assert score_stances([[stance("web_development", Label.FAVOR, (18, 30))]], gold).evidence_overlap == 1
    assert score_stances([[stance("web_development", Label.FAVOR, (19, 30))]], gold).evidence_overlap == 0


def test_nothing_found_scores_nothing(gold):
    """No stances at all give zeros, not a division by zero."""
    scores = score_stances([[]], gold)
    assert (scores.precision, scores.recall, scores.f1) == (0, 0, 0)


def candidate(activity, **features):
    return Candidate(comment_id="c1", activity=activity, features=features, span=(0, 5))


def test_candidate_recall_is_the_cap(gold):
    """Of two gold stances one is a candidate."""
    assert candidate_recall([[candidate("web_development"), candidate("seo")]], gold) == 0.5


def test_keyword_baseline_reads_cues():
    """Handing out is favor, keeping in against, both mixed, negation reverses, none gives nothing."""
    listed = [
        candidate("a", **{"group hand_out": 3.0}),
        candidate("b", **{"group keep_in": 3.0}),
        candidate("c", **{"group hand_out": 3.0, "group keep_in": 3.0}),
        candidate("d", **{"group not hand_out": 1.0}),
        candidate("e"),
    ]
    assert {found.activity: found.stance.value for found in keywords([listed])[0]} == {
        "a": "favor",
        "b": "against",
        "c": "mixed",
        "d": "against",
    }


def test_majority_baseline_goes_by_the_training_threads(gold):
    """A candidate gets the label that its activity has most often in training."""
    found = majority([[candidate("web_development"), candidate("email_marketing")]], gold)
    assert [one.stance for one in found[0]] == [Label.FAVOR, Label.AGAINST]


def test_reply_scores_and_baselines(gold):
    """Both links are found by rules; the baselines keep the export's parents."""
    assert score_replies(gold).f1 == 1
    assert score_replies(gold, always_post).f1 == 1
    assert score_replies(gold, previous_comment).recall_by_kind == {"explicit": 1, "none, to post": 1}


def test_calibration_compares_scores_with_shares(gold):
    """Two stances with score .75, one of them right: a quarter off; one with .25 that is wrong: a quarter off too."""
    found = [
        stance("web_development", Label.FAVOR, score=0.75),
        stance("email_marketing", Label.FAVOR, score=0.75),
        stance("seo", Label.FAVOR, score=0.25),
    ]
    bins = calibration([found], gold)
    assert [(one.low, one.found, one.right) for one in bins] == [(0.2, 1, 0), (0.7, 2, 0.5)]
    assert calibration_error(bins) == pytest.approx(0.25)
    assert calibration_error(()) == 0


def threads_alike(folder, count):
    """Gold threads that are all alike, and the same candidates for each."""
    folder.mkdir(exist_ok=True)
    for place in range(count):
        data = gold_json()
        data["id"] = f"t{place}"
        (folder / f"{place}.json").write_text(json.dumps(data), encoding="utf-8")
    listed = [
        candidate("web_development", **{"read favor": 4.0}),
        candidate("email_marketing", **{"read against": 4.0}),
        candidate("seo", **{"read favor": -4.0, "read against": -4.0}),
    ]
    return read_gold([folder]), [listed] * count


def test_what_was_learnt_is_found_in_threads_held_out(tmp_path):
    """Classifiers fitted on threads that are all alike find the same in one more, and are sure of it."""
    threads, listed = threads_alike(tmp_path, 6)
    classifiers = fit(*rows_of(listed[:5], threads[:5]))
    stances = [classifiers.stances(one) for one in listed[5:]]
    found = evaluate(stances, listed[5:], threads[5:], train=(listed[:5], threads[:5]))
    assert found.stances["classifier"].f1 == 1
    assert found.stances["classifier"].none_f1 == 1
    (one,) = found.calibration
    assert found.calibration_error == pytest.approx(1 - one.score)
    assert found.intervals["f1"] == (1, 1)
    assert list(found.stances) == ["classifier", "majority by activity", "unigram SVM", "keyword rules"]


def test_without_training_threads_the_baselines_learn_from_the_others(tmp_path):
    """In five parts, so that both learning baselines find what all threads have in common."""
    threads, listed = threads_alike(tmp_path, 6)
    scores = evaluate([[] for _ in threads], listed, threads).stances
    assert scores["majority by activity"].recall == 1
    assert scores["unigram SVM"].f1 == 1


def test_the_svm_has_nothing_to_say_where_it_was_taught_nothing(gold):
    """A single label in training gives no classifier, and no stances."""
    assert unigrams([[candidate("seo")]], gold, [[]], gold) == [[]]


def test_comments_that_nobody_judged_are_not_scored(tmp_path):
    """A gold thread that names the comments it judges says nothing of the others."""
    (one,) = written(tmp_path, gold_json(stances=[], judged=["c2"]))
    listed = [[candidate("web_development", **{"read favor": 4.0})]]
    assert rows_of(listed, [one]) == ([], [])
    assert evaluate([[stance("seo", Label.FAVOR)]], listed, [one]).stances["classifier"].found == 0


def test_cues_are_judged_as_labelling_functions(gold):
    """Coverage, overlap, conflict and share right of each cue, by hand."""
    listed = [
        candidate("web_development", **{"cue hand_out a una ditta": 1.0, "cue outside_doer ditta": 1.0}),
        candidate(
            "email_marketing", **{"cue keep_in in casa": 1.0, "cue outside_doer ditta": 1.0, "cue past ieri": 1.0}
        ),
        candidate("seo", **{"read favor": 1.0}),
        candidate("training", **{"read favor": 1.0}),
    ]
    scores = {row.cue: row for row in score_cues([listed], gold)}
    assert list(scores) == ["ditta", "a una ditta", "in casa"]
    ditta = scores["ditta"]
    assert (ditta.candidates, ditta.coverage, ditta.overlap, ditta.conflict, ditta.right) == (2, 0.5, 1, 0.5, 0.5)
    assert (scores["in casa"].conflict, scores["in casa"].right, scores["a una ditta"].conflict) == (1, 1, 0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stances": [{**stance_json("seo", "favor", 0, 4), "evidence": "Altro"}]}, "is not the text at 0:4"),
        ({"stances": [{**stance_json("seo", "favor", 0, 4), "comment_id": "c9"}]}, "not there: c9"),
        ({"stances": [stance_json("seo", "favor", 0, 4), stance_json("seo", "mixed", 0, 4)]}, "more than one stance"),
        ({"stances": [stance_json("seo", "boh", 0, 4)]}, "boh"),
        ({"replies": [{"comment_id": "c1", "to_id": "c2", "kind": "none", "agreement": "neutral"}]}, "not before it"),
        ({"replies": [{"comment_id": "c1", "to_id": "post", "kind": "none"}]}, "agreement"),
    ],
)
def test_broken_gold_is_refused_with_its_file(tmp_path, changes, message):
    """Shifted evidence, missing comments, doubled stances, unknown labels and forward links are errors."""
    with pytest.raises(ThreadError, match=message) as raised:
        written(tmp_path, gold_json(**changes))
    assert "t.json" in str(raised.value)


@pytest.mark.parametrize("text", ["{", "[]", '{"id": "t"}'])
def test_a_file_without_gold_is_refused(tmp_path, text):
    """What is no gold thread says so, with its file."""
    (tmp_path / "t.json").write_text(text, encoding="utf-8")
    with pytest.raises(ReadError, match="not a gold thread"):
        read_gold([tmp_path])


def test_no_gold_at_all_is_refused(tmp_path):
    """A missing path and an empty folder are errors."""
    with pytest.raises(ReadError, match="no such file"):
        read_gold([tmp_path / "nothing"])
    with pytest.raises(ReadError, match="no gold threads"):
        read_gold([tmp_path])
