"""The taxonomy: what it holds, what it matches, and how a broken file is refused."""

from pathlib import Path

import pytest

from analyzer.activities import ActivityIndex, load
from analyzer.errors import ReadError, TaxonomyError
from analyzer.nlp import blank

IDS = [
    *("strategy", "content_creation", "creative_production", "seo", "monitoring", "training", "community_management"),
    *("customer_care", "advertising", "email_marketing", "web_development", "it_infrastructure", "digital_pr"),
    "social_media_marketing",
]


@pytest.fixture(scope="module")
def index(model):
    return ActivityIndex(model.nlp, load())


def named(index, model, text):
    return [(span.text.lower(), span.label_) for span in index.find(model.nlp(text))]


def test_default_taxonomy_has_the_activities_of_the_guideline_in_order():
    """The built-in ids are the fourteen of the guideline."""
    assert [activity.id for activity in load()] == IDS


@pytest.mark.parametrize("activity", load(), ids=IDS)
def test_each_activity_has_at_least_forty_terms_and_some_exclusions(activity):
    """Every activity is named by forty terms or more, has exclusions, and a name in both languages."""
    assert len({*activity.lemmas, *activity.phrases}) >= 40
    assert len(activity.excluded) >= 8
    assert set(activity.name) == {"it", "en"}


@pytest.mark.parametrize(
    ("text", "activity"),
    [
        ("Chi scrive i testi?", "content_creation"),
        ("le DEM del lunedì", "email_marketing"),
        ("AdWords ci è costato caro", "advertising"),
        ("con le inserzioni ho smesso", "advertising"),
        ("rispondere alle recensioni è un lavoro", "community_management"),
        ("rispondiamo alle recensioni ogni sera", "community_management"),
        ("la pagina la tengo io", "social_media_marketing"),
        ("il posizionamento sui motori", "seo"),
        ("i server in cantina", "it_infrastructure"),
        ("il sevrer in cantina", "it_infrastructure"),
        ("la Newseltter di maggio", "email_marketing"),
        ("l'ufficio stampa", "digital_pr"),
        ("L’UFFICIO STAMPA", "digital_pr"),
        ("la pubblicita' sui giornali e la pubblicita su facebook", "advertising"),
        ("facciamo corsi di formazione", "training"),
        ("le foto dei piatti", "creative_production"),
        ("il monitoraggio delle conversazioni", "monitoring"),
        ("il sito nuovo", "web_development"),
    ],
)
def test_terms_are_found_as_commenters_write_them(index, model, text, activity):
    """Inflected, unaccented, shouted and with a curly apostrophe, the term is found."""
    assert activity in {label for _, label in named(index, model, text)}


@pytest.mark.parametrize(
    "text",
    [
        "un'agenzia di viaggi di Rimini",
        "ho fatto uno stage interno",
        "i link esterni non funzionano",
        "è un prodotto affidabile",
        "i lavori sono in corso nel corso di ottobre",
    ],
)
def test_look_alikes_are_not_activities(index, model, text):
    """Phrases that only look like an activity name none."""
    assert named(index, model, text) == []


def test_the_longest_term_wins_where_terms_overlap():
    """Of two terms over the same words only the longer one counts."""
    nlp = blank({})
    taxonomy = """
[[activity]]
id = "whole"
phrases = ["social media"]
[[activity]]
id = "narrow"
phrases = ["social media monitoring"]
"""
    found = ActivityIndex(nlp, load_text(taxonomy)).find(nlp("il social media monitoring"))
    assert [(span.text, span.label_) for span in found] == [("social media monitoring", "narrow")]


def test_an_exclusion_covers_only_the_terms_inside_it():
    """`not` takes away the term inside its phrase and leaves the same term elsewhere."""
    nlp = blank({})
    taxonomy = '[[activity]]\nid = "a"\nphrases = ["linea"]\nnot = ["linea telefonica"]'
    found = ActivityIndex(nlp, load_text(taxonomy)).find(nlp("la linea telefonica e la linea"))
    assert [span.start for span in found] == [5]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no \\[\\[activity\\]\\]"),
        ("[[activity]\nid=1", "not TOML"),
        ('[[activity]]\nname = "x"', "no id"),
        ('[[activity]]\nid = "x"', "x has no term"),
        ('[[activity]]\nid = "x"\nwords = ["a"]', "unknown key words"),
        ('[[activity]]\nid = "x"\nphrases = "a"', "phrases must be a list"),
        ('[[activity]]\nid = "x"\nphrases = ["a"]\n[[activity]]\nid = "x"\nphrases = ["b"]', "x stands twice"),
        ('[[activity]]\nid = "x"\nphrases = ["a"]\n[[activity]]\nid = "y"\nlemmas = ["A"]', "names both x and y"),
    ],
)
def test_a_broken_taxonomy_is_refused_with_its_place(tmp_path, text, message):
    """Each mistake in a taxonomy gives an error that names the file and the mistake."""
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(TaxonomyError, match=message) as raised:
        load(file)
    assert str(file) in str(raised.value)


def test_a_missing_taxonomy_is_an_error_with_its_path(tmp_path):
    """A path to nothing is named in the error."""
    with pytest.raises(ReadError, match=r"nothing\.toml"):
        load(tmp_path / "nothing.toml")


def load_text(text: str):
    """A taxonomy from TOML text."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "taxonomy.toml"
        file.write_text(text, encoding="utf-8")
        return load(file)
