"""The encoder: how words are cut, how texts become passages, and readings that do not depend on their neighbours."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.encoder import ABOUT, LONGEST, Encoder, Pieces, passages
from analyzer.errors import ModelError
from analyzer.model import default_path
from analyzer.nlp import light, sentences


def nowhere(activities):
    """What passages are told of activities that are named nowhere else."""
    return [[0.0] * len(ABOUT)] * activities


@pytest.fixture(scope="module")
def encoder():
    """The encoder of the built-in model."""
    return Encoder.load(default_path())


def cut(model, encoder, text, activities=1):
    """The passages of a text in which none of so many activities is named."""
    (doc,) = light(model.nlp, [text])
    cuts = sentences(doc)
    return doc, passages(
        doc,
        [token.text for token in doc],
        cuts,
        [True] * len(cuts),
        encoder.pieces,
        [-1] * len(doc),
        nowhere(activities),
    )


def test_the_likeliest_pieces_win():
    """Of two ways to cut a word the one with the higher sum of scores is taken, not the longest piece."""
    pieces = Pieces(["<s>", "</s>", "<unk>", "ab", "c", "a", "bc"], [0, 0, 0, -1, -9, -2, -3])
    assert [pieces.pieces[place] for place in pieces.cut("abc", False)] == ["a", "bc"]


def test_a_letter_without_a_piece_is_unknown():
    """What no piece covers is one unknown piece a letter; the rest of the word is cut as ever."""
    pieces = Pieces(["<s>", "</s>", "<unk>", "ab"], [0, 0, 0, -1])
    assert pieces.cut("ab中", False) == (3, 2)
    assert pieces.cut("", False) == (2,)


@given(st.text(max_size=40))
def test_every_word_has_pieces(word):
    """Any string at all gives between one and twelve pieces."""
    pieces = Pieces(["<s>", "</s>", "<unk>", "▁", "a", "b"], [0, 0, 0, -3, -1, -2])
    assert 1 <= len(pieces.cut(word, True)) <= 12


@pytest.mark.parametrize(
    "text",
    [
        "Ciao.",
        "Il sito a una ditta. " * 60,
        "senza nessun punto che chiuda la frase " * 60,
        "Uno.\n\n\nDue!\n" + "x" * 3000,
    ],
)
def test_passages_cover_the_text_in_order(model, encoder, text):
    """Each token stands in one passage, none is too long, and what is cut inside a sentence was too long for one."""
    doc, found = cut(model, encoder, text)
    assert [found[0].start, *(p.end for p in found)] == [p.start for p in found] + [len(doc)]
    assert max(len(passage.pieces) for passage in found) <= LONGEST
    starts = {start for start, _ in sentences(doc)}
    for before, passage in pairwise(found):
        if passage.start not in starts:
            assert len(before.pieces) > LONGEST - 14


@pytest.mark.parametrize("text", ["", "   \n"])
def test_a_text_without_words_has_no_passage(model, encoder, text):
    """There is nothing to read, and no error."""
    assert cut(model, encoder, text)[1] == []


def test_only_what_is_kept_and_the_sentence_before_is_read(model, encoder):
    """Sentences that the gate shuts out are left away, but for the one that a kept one may refer to."""
    (doc,) = light(model.nlp, ["Uno. Due. Tre. Quattro. Cinque. Sei."])
    cuts = sentences(doc)
    kept = [False, False, True, False, False, True]
    found = passages(doc, [token.text for token in doc], cuts, kept, encoder.pieces, [-1] * len(doc), nowhere(1))
    assert [doc[passage.start : passage.end].text for passage in found] == ["Due. Tre.", "Cinque. Sei."]
    assert (
        passages(doc, [token.text for token in doc], cuts, [False] * 6, encoder.pieces, [-1] * len(doc), nowhere(1))
        == []
    )


def test_a_reading_does_not_depend_on_what_is_read_beside_it(model, encoder):
    """Alone or after longer passages, a passage gives the same probabilities and the same attention, to the bit."""
    queries = encoder.queries([["newsletter"], ["sito web", "il sito"]])
    (one,) = cut(model, encoder, "La newsletter la scrive Marta del magazzino.", 2)[1]
    others = cut(model, encoder, "Non so. Del sito si occupa uno studio di Lodi, da anni, e bene. " * 20, 2)[1]
    (alone,) = encoder.read([one], queries)
    *_, together = encoder.read([*others, one], queries)
    assert np.array_equal(alone.labels, together.labels)
    assert np.array_equal(alone.attention, together.attention)


def test_a_reading_gives_probabilities(model, encoder):
    """Labels and times add up to one, attention too, for as many activities as were asked for."""
    queries = encoder.queries([["newsletter"], ["sito web"], ["formazione"]])
    (passage,) = cut(model, encoder, "La newsletter la scrive Marta del magazzino.", 3)[1]
    (reading,) = encoder.read([passage], queries)
    assert reading.labels.shape == (3, 4)
    assert reading.attention.shape == (3, len(passage.pieces))
    assert np.allclose(np.exp(reading.labels).sum(axis=1), 1, atol=1e-5)
    assert np.allclose(np.exp(reading.timeframe).sum(axis=1), 1, atol=1e-5)
    assert np.allclose(reading.attention.sum(axis=1), 1, atol=1e-5)


def test_the_weights_of_an_activitys_terms_add_up_to_one(encoder):
    """Each term counts the same, however many pieces it has."""
    queries = encoder.queries([["newsletter", "mailing list"], ["SEO"]])
    assert np.allclose(queries.weights.sum(axis=1), 1)
    assert queries.terms.shape == queries.weights.shape


@pytest.mark.parametrize("content", [None, b"x"])
def test_an_encoder_that_is_none_is_refused(tmp_path, content):
    """A missing or damaged file is a ModelError with its path."""
    if content:
        (tmp_path / "encoder.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"encoder\.onnx: no encoder"):
        Encoder.load(tmp_path)
