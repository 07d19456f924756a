"""The Italian pipeline: tokens, folded forms, lemmas and sentence ends of comments."""

import pytest

from analyzer.nlp import blank


@pytest.fixture(scope="module")
def nlp():
    return blank({"inserzioni": "inserzione", "affiderei": "affidare"})


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Bello. Però no", ["Bello. ", "Però no"]),
        ("Il sito costa.Poi si vede", ["Il sito costa.", "Poi si vede"]),
        ("boh... forse sì", ["boh... forse sì"]),
        ("- i testi\n- le foto", ["- i testi\n", "- le foto"]),
        ("Il dott. Rossi segue la SEO.", ["Il dott. Rossi segue la SEO."]),
        ("L'olio d.o.p. si vende", ["L'olio d.o.p. si vende"]),
        ("Uno\n\nDue", ["Uno\n\n", "Due"]),
        ("Chi?l’azienda", ["Chi?", "l’azienda"]),
    ],
)
def test_sentences_end_at_stops_and_line_breaks(nlp, text, sentences):
    """Stops without a space, list items and paragraphs end sentences; dots before a small letter do not."""
    assert [sent.text_with_ws for sent in nlp(text).sents] == sentences


def test_tokens_keep_every_character(nlp):
    """Joined again the tokens are the text, whatever stands in it."""
    text = "  Ciao\t@Anna.Bianchi \n\n\n l’idea è 🙂 https://a.example/b?c=1 #seo "
    assert nlp(text).text == text


def test_lemmas_come_from_the_table_by_folded_form(nlp):
    """Case and accents do not hide a form from the table; an unknown word is its own folded form."""
    assert [token.lemma_ for token in nlp("AFFIDEREI le Inserzioni perchè")] == [
        "affidare",
        "le",
        "inserzione",
        "perche",
    ]


def test_the_built_in_table_knows_common_forms(model):
    """The table of the model that ships lemmatises what commenters write."""
    doc = model.nlp("affidiamo tenerlo le inserzioni, gestirla, facciamo")
    lemmas = [token.lemma_ for token in doc if token.is_alpha]
    assert lemmas == ["affidare", "tenere", "la", "inserzione", "gestire", "fare"]
