"""Annotation tools: tasks hold what was found, and come back as the same gold, whichever tool was between."""

import json
from xml.etree import ElementTree

import pytest
from conftest import analysis_of, thread_of

from analyzer.activities import load
from analyzer.analysis import Analysis
from analyzer.annotate import Tool, corrected, label_studio_config, tasks, to_text
from analyzer.errors import ThreadError
from analyzer.gold import read_gold
from analyzer.stance import Label, Stance, Timeframe

TEXT = "🙂🙂 Il sito a una ditta, se paga il socio. 👨‍👩‍👧 La newsletter la scrivo io."


def passage(words):
    """The span of some words of the text."""
    return TEXT.index(words), TEXT.index(words) + len(words)


SITE, LETTER = passage("Il sito a una ditta"), passage("La newsletter la scrivo io")


def stance(activity, label, span, *, comment="c1", conditional=False, timeframe=None, score=0.75):
    return Stance(
        comment_id=comment,
        activity=activity,
        stance=Label(label),
        conditional=conditional,
        timeframe=timeframe,
        score=score,
        span=span,
    )


HELD = (
    stance("web_development", "favor", SITE, conditional=True),
    stance("email_marketing", "against", LETTER, timeframe=Timeframe.PRESENT),
)


def analysis(*stances):
    """A thread of three comments in which such stances were found."""
    thread = thread_of(("Ada", TEXT), ("Ugo", "Vero."), ("Ada", "E le foto?"), title="Chi fa che cosa?")
    found = analysis_of(thread, replies=[("c2", "c1", "none", "agree")])
    return Analysis(thread=thread, stances=stances, replies=found.replies, mentions=(), model="finto-1")


def annotated(tool, listed):
    """The tasks as the tool exports them once somebody has accepted all that they propose."""
    if tool is Tool.LABEL_STUDIO:
        listed = [
            {"id": n, "data": task["data"], "annotations": [{"result": task["predictions"][0]["result"]}]}
            for n, task in enumerate(listed)
        ]
    elif tool is Tool.PRODIGY:
        listed = [{**task, "answer": "accept", "_input_hash": 1} for task in listed]
    return to_text(listed, tool)


@pytest.mark.parametrize("tool", Tool)
def test_there_and_back_nothing_is_lost(tool):
    """Activity, label, condition, time and passage come back as they went, emoji and joined emoji before them."""
    given = analysis(*HELD)
    (gold,) = corrected(annotated(tool, tasks([given], tool)), [given.thread])
    assert [(s.activity, s.stance, s.conditional, s.timeframe, s.span) for s in gold.stances] == [
        (s.activity, s.stance, s.conditional, s.timeframe, s.span) for s in HELD
    ]
    assert gold.judged == {"post", "c1", "c2", "c3"}


def test_gold_that_was_imported_reads_back_equal(tmp_path):
    """The gold threads that import writes are those that read_gold reads, with what was judged."""
    given = analysis(*HELD)
    (gold,) = corrected(annotated(Tool.DOCCANO, tasks([given], Tool.DOCCANO)[:2]), [given.thread])
    (tmp_path / "g.json").write_text(json.dumps(gold.to_json()), encoding="utf-8")
    (read,) = read_gold([tmp_path])
    assert (read.stances, read.judged, read.to_json()) == (gold.stances, gold.judged, gold.to_json())


def test_doubtful_comments_come_first_and_none_is_no_label():
    """Tasks stand in the order of their least certain candidate; one without a stance raises doubt but no label."""
    listed = tasks(
        [analysis(stance("seo", "none", (0, 2), comment="c2", score=0.4), *HELD)],
        Tool.DOCCANO,
    )
    assert [task["comment_id"] for task in listed] == ["c2", "c1", "post", "c3"]
    assert listed[0]["label"] == []
    assert [task["doubt"] for task in listed] == [0.6, 0.25, 0.0, 0.0]


def test_a_task_shows_title_post_and_the_comment_answered():
    """Who annotates sees what the writer had seen."""
    task = next(task for task in tasks([analysis()], Tool.PRODIGY) if task["meta"]["comment_id"] == "c2")
    assert task["meta"]["context"] == f"Chi fa che cosa?\n\nAnna Bianchi: Che cosa dareste fuori?\n\nAda: {TEXT}"


def test_what_was_not_annotated_is_not_judged():
    """Tasks without an annotation, cancelled, rejected or ignored ones leave their comments open."""
    given = analysis(*HELD)
    listed = tasks([given], Tool.LABEL_STUDIO)
    done = json.loads(annotated(Tool.LABEL_STUDIO, listed))
    done[1]["annotations"][0]["was_cancelled"] = True
    done[2]["annotations"] = []
    (gold,) = corrected(json.dumps(done), [given.thread])
    assert gold.judged == {"c1", done[3]["data"]["comment_id"]}
    lines = [{**task, "answer": "ignore"} for task in tasks([given], Tool.PRODIGY)]
    assert corrected(to_text(lines, Tool.PRODIGY), [given.thread]) == []


def test_label_studios_utf16_offsets_are_told_by_the_regions_text():
    """Releases that count UTF-16 units put a region after emoji too far; its own text says where it belongs."""
    given = analysis(HELD[1])
    done = json.loads(annotated(Tool.LABEL_STUDIO, tasks([given], Tool.LABEL_STUDIO)[:1]))
    for item in done[0]["annotations"][0]["result"]:
        item["value"]["start"] += 5
        item["value"]["end"] += 5
    (gold,) = corrected(json.dumps(done), [given.thread])
    assert gold.stances[0].span == LETTER


@pytest.mark.parametrize("key", ["label", "labels"])
def test_both_spellings_of_doccano_and_its_relations_form_are_read(key):
    """Its releases call the list differently, and with relations give objects in place of triples."""
    given = analysis(*HELD)
    (task,) = tasks([given], Tool.DOCCANO)[:1]
    labels = task.pop("label")
    (gold,) = corrected(json.dumps({**task, key: labels}), [given.thread])
    entities = [{"id": 1, "label": label, "start_offset": start, "end_offset": end} for start, end, label in labels]
    assert corrected(json.dumps({**task, "entities": entities, "relations": []}), [given.thread]) == [gold]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"text": "Altro"}, "its text is not that of bottega/c1"),
        ({"comment_id": "c9"}, "no comment 'c9'"),
        ({"label": [[0, 4, "seo"]]}, "'seo' is no stance"),
        ({"label": [[0, 4, "seo:boh"]]}, "'seo:boh' is no stance"),
        ({"label": [[0, 999, "seo:favor"]]}, "outside the text"),
        ({"label": [[0, 4, "seo:favor"], [5, 9, "seo:against"]]}, "both favor and against"),
        ({"label": [[0, 4]]}, "not a task"),
    ],
)
def test_a_task_that_does_not_fit_is_named(changes, message):
    """Another text, an unknown comment or label, a contradiction: the error says which task of which file."""
    given = analysis()
    task = next(task for task in tasks([given], Tool.DOCCANO) if task["comment_id"] == "c1")
    with pytest.raises(ThreadError, match=message) as raised:
        corrected(json.dumps({**task, **changes}), [given.thread], "done.jsonl")
    assert str(raised.value).startswith("done.jsonl, task 1")


def test_two_passages_for_one_stance_make_one():
    """Where an annotator marks a second passage with the same label, the first one is the evidence."""
    given = analysis()
    task = {**tasks([given], Tool.DOCCANO)[0], "label": [[9, 12, "seo:favor"], [0, 4, "seo:favor"]]}
    (gold,) = corrected(json.dumps(task), [given.thread])
    assert [s.span for s in gold.stances] == [(0, 4)]


def test_what_is_no_json_is_refused():
    """A CSV export is no JSON, and the error says what to do."""
    with pytest.raises(ThreadError, match="not JSON"):
        corrected("id,text\n1,a", [])


def test_the_interface_for_label_studio_names_every_activity():
    """It is well-formed XML with all activities, and the names that the tasks' results refer to."""
    root = ElementTree.fromstring(label_studio_config(load()))
    assert [label.get("value") for label in root.iter("Label")] == [activity.id for activity in load()]
    assert {one.get("name") for one in root.iter("Choices")} == {"stance", "timeframe", "conditional"}
    (text,) = (one for one in root.iter("Text") if one.get("name") == "text")
    assert text.get("value") == "$text"
