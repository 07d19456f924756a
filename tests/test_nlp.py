"""The Italian pipeline: tokens, folded forms, lemmas and sentence ends of comments."""

import pytest

from analyzer.model import default_path
from analyzer.nlp import LIGHT, CommentLemmas, blank, light, load, sentences, table_lemma, tokenizing


@pytest.fixture(scope="module")
def nlp():
    return blank({"inserzioni": "inserzione", "affiderei": "affidare"})


@pytest.fixture(scope="module")
def whole():
    """The pipeline that ships, parser and all."""
    return load(default_path() / "nlp")


@pytest.mark.parametrize(
    ("text", "cut"),
    [
        ("Bello. Però no", ["Bello. ", "Però no"]),
        ("Il sito costa.Poi si vede", ["Il sito costa.", "Poi si vede"]),
        ("boh... forse sì", ["boh... forse sì"]),
        ("- i testi\n- le foto", ["- i testi\n", "- le foto"]),
        ("Il dott. Rossi segue la SEO.", ["Il dott. Rossi segue la SEO."]),
        ("L'olio d.o.p. si vende", ["L'olio d.o.p. si vende"]),
        ("Uno\n\nDue", ["Uno\n\n", "Due"]),
        ("Chi?l’azienda", ["Chi?", "l’azienda"]),
        ("Ecco:\n– testi a noi\n* foto fuori", ["Ecco:\n", "– testi a noi\n", "* foto fuori"]),
        ("1. testi a noi\nb. foto fuori. E poi?", ["1. testi a noi\n", "b. foto fuori. ", "E poi?"]),
        ("Nel 2010. 😀 Poi :-)", ["Nel 2010. 😀 ", "Poi :-)"]),
    ],
)
def test_sentences_end_at_stops_and_line_breaks(nlp, text, cut):
    """Stops without a space, list items and paragraphs end sentences; dots before a small letter do not."""
    doc = nlp(text)
    assert [doc[start:end].text_with_ws for start, end in sentences(doc)] == cut


def test_sentences_end_where_the_parser_ends_one_too(nlp):
    """What the parser adds to the stops is kept, but for a list mark that it cuts off; an empty text has none."""
    doc = nlp("ciao a tutti :-) ma no. E poi")
    for token in doc:
        token.is_sent_start = token.text in ("ciao", "ma")
    assert [doc[start:end].text for start, end in sentences(doc)] == ["ciao a tutti :-)", "ma no.", "E poi"]
    item = nlp("– testi a noi")
    item[1].is_sent_start = True
    assert sentences(item) == [(0, 4)]
    assert sentences(nlp("")) == []


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("perche' po' l'oscar", ["perche'", "po'", "l'", "oscar"]),
        ("'93 'ciao", ["'93", "'", "ciao"]),
        ("@Anna.Bianchi, #seo,#foto", ["@Anna.Bianchi", ",", "#seo", ",", "#foto"]),
        ("no?!si!!!", ["no", "?!", "si", "!!!"]),
        ("ciao:-) bene ;) :D XD", ["ciao", ":-)", "bene", ";)", ":D", "XD"]),
        ("nota: (vedi) 8:30", ["nota", ":", "(", "vedi", ")", "8:30"]),
        ("👍🏽👨‍👩‍👧 ☺️🇮🇹ok", ["👍🏽", "👨‍👩‍👧", "☺️", "🇮🇹", "ok"]),
        ("a.b@c.example www.d.example/e?f=1.", ["a.b@c.example", "www.d.example/e?f=1", "."]),
    ],
)
def test_names_faces_and_addresses_are_one_token_each(text, tokens):
    """What commenters type is cut where a reader would cut it, and as much after the rules were saved and loaded."""
    nlp = tokenizing()
    assert [token.text for token in nlp(text)] == tokens
    rules = nlp.tokenizer.to_bytes(exclude=["vocab"])
    nlp.tokenizer.from_bytes(rules, exclude=["vocab"])
    assert [token.text for token in nlp(text)] == tokens


def test_norms_fold_accents_and_write_chat_out(nlp):
    """However it is typed, a word has one norm."""
    assert {token.norm_ for token in nlp("perché perchè perche' PERCHE xké xche")} == {"perche"}
    assert [token.norm_ for token in nlp("nn so cmq")] == ["non", "so", "comunque"]


def test_a_line_break_starts_a_sentence():
    """Also where no stop stands before it; elsewhere the component says nothing."""
    nlp = tokenizing()
    nlp.add_pipe("comment_breaks")
    doc = nlp("- i testi\n\n- le foto. E poi")
    assert [token.text for token in doc if token.is_sent_start] == ["-", "-"]
    assert not doc.has_annotation("SENT_START", require_complete=True)


def test_lemmas_by_part_of_speech_mend_accents_and_spare_names():
    """A table's lemma goes before the trained one; names and signs stay as they are typed."""
    from spacy.tokens import Doc

    nlp = tokenizing()
    lemmas = CommentLemmas(nlp.vocab, None, "comment_lemmas", mode="lookup", overwrite=True)
    lemmas.fill({"NOUN citta": "città", "NOUN porta": "porta", "VERB porta": "portare"})
    words = ["citta'", "porta", "porta", "Monti", "!!!", "spotta"]
    pos = ["NOUN", "NOUN", "VERB", "PROPN", "PUNCT", "VERB"]
    doc = Doc(nlp.vocab, words=words, pos=pos, lemmas=["x", "x", "x", "monte", "!!!", "spottare"])
    doc[0].norm_ = "citta"
    assert [token.lemma_ for token in lemmas(doc)] == ["città", "porta", "portare", "Monti", "!", "spottare"]


@pytest.mark.parametrize(
    ("word", "lemma"),
    [
        ("Darglielo", "dare gli lo"),
        ("vederla", "vedere la"),
        ("porsi", "porre si"),
        ("parlandone", "parlare ne"),
        ("parti", "partire"),
        ("barlo", None),
        ("perle", None),
    ],
)
def test_verbs_with_pronouns_have_all_their_lemmas(word, lemma):
    """The pronouns are cut off where a verb of the table stays; a verb that only ends like one is left whole."""
    forms = {"dare": "dare", "vedere": "vedere", "porre": "porre", "parlando": "parlare", "parti": "partire"}
    table = {f"VERB {form}": verb for form, verb in {**forms, "pare": "parere", "pere": "perire"}.items()}
    assert table_lemma(table, word, "VERB") == lemma


def test_a_name_has_the_tables_lemma_where_it_stands_in_it():
    """*ROMA* may be *Roma* in the table; other names stay as they are typed."""
    assert [table_lemma({"PROPN roma": "Roma"}, name, "PROPN") for name in ("ROMA", "Orte")] == ["Roma", "Orte"]


def test_the_light_pipeline_is_the_whole_one_without_a_parse(model, whole):
    """Loaded without the rest, it gives the same tokens, norms and lookup lemmas, and no parse."""
    text = "Le inserzioni, xké no?, le affidiamo a loro... 8 anni fa @Anna.Bianchi :-)"
    assert model.nlp.pipe_names == list(LIGHT)
    (doc,), (other,) = light(model.nlp, [text]), light(whole, [text])
    assert [(t.text, t.norm_, t.lemma_) for t in doc] == [(t.text, t.norm_, t.lemma_) for t in other]
    assert [token.lemma_ for token in doc if token.is_alpha][1:6:4] == ["inserzione", "affidare"]
    assert not doc.has_annotation("DEP")
    assert whole(text).has_annotation("DEP")


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
    """The table of the model that ships lemmatises what commenters write, for terms to be found."""
    (doc,) = light(model.nlp, ["affidiamo tenerlo le inserzioni, gestirla, facciamo"])
    lemmas = [token.lemma_ for token in doc if token.is_alpha]
    assert lemmas == ["affidare", "tenere", "la", "inserzione", "gestire", "fare"]


def test_the_models_lemmas_are_settled_where_treebanks_differ(whole):
    """A *d* before a vowel, adverbs in *-mente* and futures have the lemma that a dictionary gives."""
    doc = whole("Cercherò ad agosto ed evidentemente da solo.")
    assert [token.lemma_ for token in doc][:5] == ["cercare", "a", "agosto", "e", "evidentemente"]
