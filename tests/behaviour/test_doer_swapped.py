"""Who does it decides: an insider in place of an outsider turns favor into against, and back."""

import pytest

from behaviour.conftest import share

FRAMES = [
    ("email_marketing", "La newsletter la scrive {}."),
    ("web_development", "Il sito ce lo segue {}, e va bene così."),
    ("content_creation", "I testi del blog li prepara {} ogni lunedì."),
    ("creative_production", "Le foto dei prodotti le scatta {}."),
    ("community_management", "Ai commenti sulla pagina risponde {}."),
    ("monitoring", "I numeri del mese li guarda {}."),
    ("it_infrastructure", "Al server ci pensa {}."),
    ("advertising", "Gli annunci su Google li gestisce {}."),
]
OUTSIDE = ["uno studio di Lodi", "una freelance a partita IVA", "una ditta esterna", "un'agenzia di Milano"]
INSIDE = [
    "mia sorella che lavora in bottega con me",
    "la nostra segretaria",
    "uno dei nostri soci",
    "il titolare in persona",
]


@pytest.mark.parametrize(("doers", "label"), [(OUTSIDE, "favor"), (INSIDE, "against")], ids=["outside", "inside"])
def test_the_doer_decides(label_of, doers, label):
    """In one frame after another the label goes with the doer."""
    assert share(label_of(text.format(doer), activity) == label for activity, text in FRAMES for doer in doers) >= 0.8
