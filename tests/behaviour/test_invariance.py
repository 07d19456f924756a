"""What must change nothing: who writes, which activity it is, how it is typed, and what somebody else is quoted as saying."""

import pytest

from analyzer.text import fold
from behaviour.conftest import share

TEXTS = [
    ("email_marketing", "la newsletter", "La newsletter la scrive una freelance di Lodi, perché qui nessuno ha tempo."),
    ("web_development", "il sito", "Il sito lo abbiamo dato a uno studio, e non me ne pento."),
    ("content_creation", "i testi", "I testi li scrivo io la sera, e così deve restare."),
    ("creative_production", "le foto", "Le foto le facciamo noi in negozio con il telefono."),
    ("seo", "la SEO", "La SEO la lascerei a un consulente, perché cambia ogni mese."),
    (
        "monitoring",
        "il monitoraggio",
        "Il monitoraggio lo fa Marta del nostro ufficio, più per abitudine che per altro.",
    ),
    ("training", "la formazione", "La formazione la compriamo da una scuola di Bergamo."),
    ("it_infrastructure", "il server", "Il server lo tiene una ditta di Como, a canone."),
    ("customer_care", "l'assistenza clienti", "L'assistenza clienti la teniamo noi: chi compra da me parla con me."),
    ("advertising", "la pubblicità su Facebook", "La pubblicità su Facebook la gestisce un'agenzia da due anni."),
]
SWAPS = [
    ("email_marketing", "la newsletter"),
    ("seo", "la SEO"),
    ("training", "la formazione"),
    ("strategy", "la strategia"),
]


def typo(text):
    """The text with two letters of its longest word exchanged."""
    word = max(text.replace(",", " ").replace(".", " ").split(), key=len)
    middle = len(word) // 2
    return text.replace(word, word[: middle - 1] + word[middle] + word[middle - 1] + word[middle + 1 :])


CHANGES = {
    "accents dropped": lambda text: "".join(
        fold(letter) if fold(letter) and letter.islower() else letter for letter in text
    ),
    "small letters": str.lower,
    "typo": typo,
    "greeting before": lambda text: f"Ciao a tutti, bel post. {text}",
    "quote added": lambda text: f"«La strategia la deciderei con un'agenzia», scriveva Ugo. {text}",
    "no space after commas": lambda text: text.replace(", ", ","),
}


@pytest.mark.parametrize("change", CHANGES)
def test_typing_and_company_change_nothing(label_of, change):
    """The label stays as the text is typed differently, greeted with, or stands beside somebody else's words."""
    assert (
        share(label_of(CHANGES[change](text), activity) == label_of(text, activity) for activity, _, text in TEXTS)
        >= 0.9
    )


def test_who_writes_changes_nothing(label_of):
    """The name of the author of the post, and the thread's, have no say."""
    other = {"post": ("Agenzia Rossi", "Che cosa dareste fuori?"), "id": "altro"}
    assert share(label_of(text, activity, **other) == label_of(text, activity) for activity, _, text in TEXTS) == 1


def test_which_activity_it_is_changes_nothing(label_of):
    """Another activity in the same words, of the same gender, has the same label."""
    feminine = [(activity, words, text) for activity, words, text in TEXTS if words.startswith("la ")]
    results = [
        label_of(text.replace(words.capitalize(), other.capitalize()).replace("La sEO", "La SEO"), swapped)
        == label_of(text, activity)
        for activity, words, text in feminine
        for swapped, other in SWAPS
        if swapped != activity
    ]
    assert share(results) >= 0.45
