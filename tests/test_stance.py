"""Stances: which candidates a thread gives, what their features tell, and what the built-in model concludes."""

import pytest
from conftest import thread_of

from analyzer.encoder import ABOUT
from analyzer.linear import Linear
from analyzer.nlp import light
from analyzer.stance import Label, Stance, seen_by, words_of
from analyzer.thread import Comment, Thread


def candidates(model, text, *, quotes=(), title=None, post="Che ne dite?", answered=None):
    """The candidates of a thread's one comment with that text, by activity."""
    thread = Thread(
        id="t",
        title=title,
        url=None,
        post=Comment(id="post", author=None, text=post),
        comments=(Comment(id="c1", author=None, text=text, quotes=quotes),),
    )
    (found,) = model.extractor.candidates([thread], [answered or {"c1": ["post"]}])
    return {one.activity: one for one in found if one.comment_id == "c1"}


def stances(model, text, **more):
    """The stances that the built-in model finds in a text, by activity."""
    found = model.classifiers.stances(list(candidates(model, text, **more).values()))
    return {stance.activity: stance for stance in found}


def test_each_activity_named_is_one_candidate(model):
    """Two passages on one activity and one on another give two candidates."""
    text = "I testi li scrivo io. Il server lo lascerei a una ditta. Ma i testi no."
    found = candidates(model, text)
    assert {"content_creation", "it_infrastructure"} <= set(found)
    assert all(found[name].features for name in ("content_creation", "it_infrastructure"))


def test_an_activity_that_no_term_names_can_be_a_candidate(model):
    """The encoder reads what the taxonomy does not list."""
    text = "Il bollettino agli iscritti lo scrive e lo spedisce ogni mese una signora di Carpi, pagata."
    assert {hit.label_ for hit in model.extractor._index.find(*light(model.nlp, [text]))} == set()
    assert "email_marketing" in candidates(model, text)


def test_the_encoder_is_told_where_else_an_activity_is_named(model):
    """Title, post and the comment answered tell what a pronoun may mean."""
    thread = thread_of(
        ("Ada", "Quella la darei fuori."), title="La newsletter", post=("Ugo", "Chi vi scrive la newsletter?")
    )
    ((_, (comment, _, names, read)),) = model.extractor.passages([thread], [{"c1": ["post"]}])
    place = [activity.id for activity in model.activities].index("email_marketing")
    told = dict(zip(ABOUT, read[0].about[place], strict=True))
    assert (comment.id, told["title"], told["post"], told["answered"], told["is post"]) == ("c1", 1, 1, 1, 0)
    assert place not in names


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ("> i testi li affido a un'agenzia\nMah.", ((0, 33),)),
        ('Anna ha scritto: "la SEO la affiderei a un\'agenzia". Mah.', ()),
    ],
)
def test_what_is_quoted_is_not_the_authors(model, text, quotes):
    """A position that is only quoted, by markup or between quotation marks, is no stance of who quotes it."""
    assert stances(model, text, quotes=quotes) == {}


def test_negation_is_told_from_its_cue(model):
    """A negated cue of handing out is another feature than the cue itself."""
    plain = candidates(model, "La newsletter la affido a loro")["email_marketing"].features
    negated = candidates(model, "La newsletter non la affido a loro")["email_marketing"].features
    assert "group hand_out" in plain
    assert "group not hand_out" in negated
    assert "group hand_out" not in negated


def test_each_classifier_is_shown_its_features():
    """Each by what the encoder says of its question, and by its cues; cues are worth nothing for stances."""
    features = {
        "read favor": 1.0,
        "read condition": 2.0,
        "read past": 3.0,
        "group condition": 1.0,
        "cue condition purché": 1.0,
        "group past": 1.0,
    }
    assert set(seen_by("stance", features)) == {"bias", "read favor"}
    assert set(seen_by("conditional", features)) == {
        "bias",
        "read condition",
        "group condition",
        "cue condition purché",
    }
    assert set(seen_by("timeframe", features)) == {"bias", "read past", "group past"}


@pytest.mark.parametrize(
    ("text", "activity", "label"),
    [
        ("Il monitoraggio lo affiderei senz'altro a un'agenzia esterna.", "monitoring", Label.FAVOR),
        ("L'hosting si può esternalizzare tranquillamente a un fornitore.", "it_infrastructure", Label.FAVOR),
        ("Il sito l'abbiamo dato in outsourcing a uno studio.", "web_development", Label.FAVOR),
        ("La newsletter la scrivo io e basta.", "email_marketing", Label.AGAINST),
        ("Le foto le facciamo noi in negozio, e così deve restare.", "creative_production", Label.AGAINST),
        ("Dei testi la bozza la scrivo io, poi una redattrice di Lodi li sistema.", "content_creation", Label.MIXED),
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
        "",
    ],
)
def test_mentions_without_a_position_are_no_stances(model, text):
    """Questions, praise and news hold no stance, and a text without words none at all."""
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


def test_evidence_of_a_long_sentence_is_a_clause(model):
    """Where a sentence goes on and on, the clause that weighed most is the evidence."""
    text = (
        "Ieri ho passato la giornata in fila alla posta con una raccomandata che non era nemmeno la mia; poi sono "
        "tornato in ufficio e pioveva; il server lo affiderei a una ditta esterna; e comunque domani si ricomincia da "
        "capo con la fiera e il furgone che non parte"
    )
    assert text[slice(*stances(model, text)["it_infrastructure"].span)] == "il server lo affiderei a una ditta esterna"


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
    nones = [(stance.conditional, stance.timeframe) for stance in found if stance.stance is Label.NONE]
    assert set(nones) == {(False, None)}


def test_what_the_gate_shuts_out_is_named_all_the_same(model, monkeypatch):
    """An activity in a sentence that is not read is a candidate without features, and holds no stance."""

    shut = Linear(classes_=("open", "shut"), intercept_=(0.0, 1.0), coef_={})
    monkeypatch.setattr(model.extractor, "_gate", shut)
    found = candidates(model, "Mah. Il server lo tiene una ditta.")["it_infrastructure"]
    assert (found.features, found.span) == ({}, (5, 34))
    (stance,) = model.classifiers.stances([found], none_too=True)
    assert (stance.stance, stance.score) == (Label.NONE, 0.995)


def test_the_gate_sees_words_and_pairs_of_words(model):
    """Folded, counted, and of length 1 together."""
    (doc,) = light(model.nlp, ["Perché no,  perchè"])
    found = words_of(doc)
    assert set(found) == {"perche", "no", ",", "perche no", "no ,", ", perche"}
    assert found["perche"] == 2 * found["no"]
    assert sum(value * value for value in found.values()) == pytest.approx(1)
    assert words_of([]) == {}


def test_the_encoder_reads_a_mistyped_term_as_it_is_meant(model):
    """Two letters exchanged in a term change neither its pieces nor the offsets of the evidence."""
    right, wrong = "Il server lo tiene una ditta di Como.", "Il sevrer lo tiene una ditta di Como."
    pieces = [
        passage.pieces
        for text in (right, wrong)
        for _, _, _, found in model.extractor.passages([thread_of(("Ada", text))], [{}])[0][1:]
        for passage in found
    ]
    assert len(pieces) == 2
    assert pieces[0] == pieces[1]
    assert wrong[slice(*stances(model, wrong)["it_infrastructure"].span)] == wrong


def test_no_candidates_give_no_stances(model):
    """A thread that names no activity is not a mistake."""
    assert model.classifiers.stances([]) == []
    assert model.candidates([thread_of(("Ada", ""), post=("Ugo", ""))]) == [[]]
