"""Questions, prices, praise and other people's opinions are no stance."""

from behaviour.conftest import share

TEXTS = [
    ("monitoring", "Quanto costa il monitoraggio?"),
    ("seo", "Bel post sulla SEO, grazie!"),
    ("email_marketing", "Ho letto un libro sulla newsletter."),
    ("web_development", "Il vostro sito è lentissimo, lo sapete?"),
    ("training", "La formazione serve, eccome se serve."),
    ("advertising", "Gli annunci su Google quest'anno costano il doppio."),
    ("content_creation", "C'è chi dice che i testi vadano comprati da un'agenzia. Boh."),
    ("customer_care", "Da voi chi segue l'assistenza clienti?"),
    ("it_infrastructure", "Ieri il server è caduto due volte."),
    ("community_management", "Sono d'accordo con Anna sui commenti."),
    ("creative_production", "Che belle foto!"),
    ("social_media_marketing", "I social sono una perdita di tempo."),
]


def test_mentions_without_hands_are_none(label_of):
    """An activity brought up without whose hands it belongs in has no stance."""
    assert share(label_of(text, activity) == "none" for activity, text in TEXTS) >= 0.9
