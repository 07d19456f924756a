"""Stances: which candidates a comment gives, what their features tell, and what the built-in model concludes."""

import pytest

from analyzer.stance import Label, Stance, of_condition
from analyzer.thread import Comment


def candidates(model, text, *, quotes=()):
    """The candidates of a comment with that text, by activity."""
    comment = Comment(id="c1", author=None, text=text, quotes=quotes)
    return {found.activity: found for found in model.extractor.candidates([comment])[0]}


def stances(model, text):
    """The stances that the built-in model finds in a text, by activity."""
    found = model.classifiers.stances(list(candidates(model, text).values()))
    return {stance.activity: stance for stance in found}


def test_each_activity_named_is_one_candidate(model):
    """Two passages on one activity and one on another give two candidates."""
    text = "I testi li scrivo io. Il server lo lascerei a una ditta. Ma i testi no."
    assert list(candidates(model, text)) == ["content_creation", "it_infrastructure"]


def test_activities_in_quoted_passages_are_nobodys_candidates(model):
    """What stands in a quote is somebody else's."""
    text = "> i testi?\nIl server."
    assert list(candidates(model, text, quotes=((0, 10),))) == ["it_infrastructure"]


def test_what_stands_between_quotation_marks_is_not_the_authors(model):
    """A position that is only quoted gives no candidate."""
    assert candidates(model, 'Anna ha scritto "la SEO la affiderei a un\'agenzia". Io no.') == {}


def test_the_narrower_activity_wins_over_social_media_as_a_whole(model):
    """Beside a narrower activity of its sentence the whole is no candidate; in a sentence of its own it is."""
    assert list(candidates(model, "La strategia sui social media la decido io.")) == ["strategy"]
    assert "social_media_marketing" in candidates(model, "La strategia la decido io. I social media no.")


def test_features_do_not_depend_on_which_activity_is_named(model):
    """The activity's own words are masked, so swapping it changes no feature."""
    one = candidates(model, "La newsletter la affido a un'agenzia")["email_marketing"]
    other = candidates(model, "La formazione la affido a un'agenzia")["training"]
    assert {k: v for k, v in one.features.items() if k != "length"} == {
        k: v for k, v in other.features.items() if k != "length"
    }


@pytest.mark.parametrize("text", ["Perché la newsletter?", "perche' la newsletter?", "PERCHÉ LA NEWSLETTER?"])
def test_accents_and_case_change_no_word_feature(model, text):
    """Unaccented and shouted forms give the words that the careful spelling gives."""
    plain = candidates(model, "perché la newsletter?")["email_marketing"].features
    given = candidates(model, text)["email_marketing"].features
    assert {name for name in given if name[:2] == "o "} == {name for name in plain if name[:2] == "o "}


def test_negation_is_told_from_its_cue(model):
    """A negated cue of handing out is another feature than the cue itself."""
    plain = candidates(model, "La newsletter la affido a loro")["email_marketing"].features
    negated = candidates(model, "La newsletter non la affido a loro")["email_marketing"].features
    assert "own hand_out" in plain
    assert "own not hand_out" in negated
    assert "own hand_out" not in negated


def test_each_activity_of_a_sentence_has_its_own_stretch(model):
    """Of two verdicts in one sentence each activity gets the one that follows it."""
    found = candidates(model, "La newsletter la affido a un'agenzia, il server resta in casa")
    assert "own hand_out" in found["email_marketing"].features
    assert "own keep_in" in found["it_infrastructure"].features
    assert "own keep_in" not in found["email_marketing"].features


def test_a_heading_goes_on_with_the_next_sentence(model):
    """*I testi?* is spoken of by the sentence after it, which can be the evidence."""
    text = "I testi? Li affiderei a un'agenzia."
    found = candidates(model, text)["content_creation"]
    assert "own hand_out" in found.features
    assert [text[slice(*span)] for span, _ in found.clauses] == ["I testi?", "Li affiderei a un'agenzia."]


def test_only_cues_of_condition_tell_conditions():
    """The features for conditions are those cues, and a bias."""
    assert of_condition({"own condition": 3.0, "o testo": 1.0, "cue condition purché": 1.0}) == {
        "bias": 1.0,
        "own condition": 3.0,
        "cue condition purché": 1.0,
    }


@pytest.mark.parametrize(
    ("text", "activity", "label"),
    [
        ("Il monitoraggio lo affiderei senz'altro a un'agenzia esterna.", "monitoring", Label.FAVOR),
        ("L'hosting si può esternalizzare tranquillamente a un fornitore.", "it_infrastructure", Label.FAVOR),
        ("Il sito l'abbiamo dato in outsourcing a uno studio.", "web_development", Label.FAVOR),
    ],
)
def test_plain_statements_are_found(model, text, activity, label):
    """What is said outright gets its label."""
    assert stances(model, text)[activity].stance is label


@pytest.mark.parametrize(
    "text",
    [
        "Quanto costa il monitoraggio?",
        "Bel post sulla SEO, grazie!",
        "Ho letto un libro sulla newsletter.",
        "Ciao a tutti",
    ],
)
def test_mentions_without_a_position_are_no_stances(model, text):
    """Questions, praise and news hold no stance."""
    assert stances(model, text) == {}


def test_a_condition_is_marked(model):
    """A position that holds only if something else does is conditional."""
    text = "Il monitoraggio lo affiderei a un'agenzia esterna, a patto che i risultati li leggiamo noi."
    assert stances(model, text)["monitoring"].conditional


def test_evidence_is_the_text_between_its_offsets(model):
    """Offsets count code points of the text, emoji and curly quotes included."""
    text = "🙂 Ciao “a tutti”. Il server lo affiderei a una ditta esterna. Boh."
    span = stances(model, text)["it_infrastructure"].span
    assert text[slice(*span)] == "Il server lo affiderei a una ditta esterna."


def test_scores_are_probabilities_and_min_score_cuts(model):
    """Every score lies in [0, 1], and nothing below the threshold comes out."""
    text = "Il server lo affiderei a una ditta. Le foto le fa mio cugino. La newsletter è un mistero."
    listed = list(candidates(model, text).values())
    everything = model.classifiers.stances(listed, none_too=True)
    assert {stance.activity for stance in everything} == {found.activity for found in listed}
    assert all(0 <= stance.score <= 1 for stance in everything)
    threshold = max(stance.score for stance in everything)
    assert len(model.classifiers.stances(listed, min_score=threshold, none_too=True)) <= 1


def test_none_has_neither_condition_nor_time(model):
    """An activity without a stance says nothing of when or on what condition."""
    found = model.classifiers.stances(list(candidates(model, "Se la newsletter fosse ieri?").values()), none_too=True)
    assert all(isinstance(stance, Stance) for stance in found)
    assert [(stance.conditional, stance.timeframe) for stance in found if stance.stance is Label.NONE] == [
        (False, None)
    ]


def test_no_candidates_give_no_stances(model):
    """A thread that names no activity is not a mistake."""
    assert model.classifiers.stances([]) == []
