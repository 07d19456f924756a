"""A negation turns the position round."""

from behaviour.conftest import share

PAIRS = [
    ("seo", "La SEO la affiderei a un consulente.", "La SEO non la affiderei a un consulente."),
    ("email_marketing", "La newsletter si può dare a uno studio.", "La newsletter non si può dare a uno studio."),
    ("training", "La formazione la darei fuori.", "La formazione non la darei mai fuori."),
    ("web_development", "Il sito lo farei fare a una ditta.", "Il sito non lo farei fare a nessuna ditta."),
    ("customer_care", "L'assistenza clienti la lascerei a un call center.", "L'assistenza clienti non la lascerei a un call center."),
    ("strategy", "La strategia si compra da un'agenzia.", "La strategia non si compra da un'agenzia."),
    ("digital_pr", "I giornalisti li farei chiamare da un ufficio stampa esterno.", "I giornalisti non li farei mai chiamare da un ufficio stampa esterno."),
    ("monitoring", "Il monitoraggio è da affidare a terzi.", "Il monitoraggio non è da affidare a terzi."),
    ("community_management", "Le risposte ai commenti le delegherei.", "Le risposte ai commenti non le delegherei."),
    ("creative_production", "La grafica la passerei a uno studio.", "La grafica non la passerei a uno studio."),
]  # fmt: skip


def test_a_negation_flips(label_of):
    """Favor becomes against, or nothing. The model at hand sees five in ten."""
    assert share(label_of(plain, activity) == "favor" for activity, plain, _ in PAIRS) >= 0.9
    assert share(label_of(negated, activity) != "favor" for activity, _, negated in PAIRS) >= 0.9
