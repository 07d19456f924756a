"""A real thread, pasted from a page, end to end; skipped where it is not at hand."""

from pathlib import Path

import pytest

from analyzer import analyze, find_replies, read

THREAD = Path(__file__).parent.parent.parent / "shared" / "threads" / "outsourcing.txt"
pytestmark = pytest.mark.skipif(not THREAD.exists(), reason="the real thread is not here")


@pytest.fixture(scope="module")
def thread():
    return next(iter(read(THREAD)))


def test_five_replies_with_authors_and_agreement(thread):
    """Who answers whom, by which sign, agreeing or not, as a careful reader tells it."""
    names = {comment.id: comment.author.name for comment in thread.everything}
    found = [(names[r.comment_id], r.to_id, names[r.to_id], r.kind.value) for r in find_replies(thread)[0]]
    assert found == [
        ("Gianluigi", "post", "Leonardo", "none"),
        ("Giovanni", "post", "Leonardo", "vocative"),
        ("Marilena", "c1", "Gianluigi", "name"),
        ("Leonardo", "c2", "Giovanni", "mention"),
        ("Leonardo", "c3", "Marilena", "mention"),
    ]
    tones = [reply.agreement.value for reply in find_replies(thread)[0]]
    assert tones[2:4] == ["agree", "agree"]
    assert tones[4] != "agree"


@pytest.mark.xfail(
    strict=True, reason="two of four are found; a survey read aloud and attributed positions are taken for stances"
)
def test_stances_that_a_careful_reader_finds_and_no_other(thread, model):
    """Monitoring outside on a condition, infrastructure outside, strategy inside; whatever the score, nothing else."""
    found = next(iter(analyze([thread], model))).stances
    assert {(one.comment_id, one.activity, one.stance.value, one.conditional) for one in found} == {
        ("c1", "monitoring", "favor", True),
        ("c1", "strategy", "against", False),
        ("c2", "it_infrastructure", "favor", False),
        ("c3", "strategy", "against", False),
    }
