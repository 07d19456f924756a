"""Of a change that is told, the last state counts."""

from behaviour.conftest import share

TEXTS = [
    ("email_marketing", "against", "Prima la newsletter la mandava un'agenzia, adesso la scriviamo noi."),
    ("email_marketing", "favor", "Prima la newsletter la scrivevamo noi, adesso la manda un'agenzia."),
    ("web_development", "against", "Avevamo uno studio per il sito, da marzo ce ne occupiamo da soli."),
    ("web_development", "favor", "Il sito lo facevo io; da marzo se ne occupa uno studio."),
    ("it_infrastructure", "against", "Il server l'abbiamo ripreso in casa, dopo sei anni con una ditta di Prato."),
    ("content_creation", "favor", "Per anni i testi li ho scritti io, ora li compro da una redattrice."),
    ("community_management", "against", "Ai commenti rispondeva una ragazza dell'agenzia, adesso rispondo io."),
    ("seo", "favor", "La SEO ce la siamo fatta da soli fino al 2011, poi l'abbiamo passata a un consulente."),
]


def test_the_last_state_counts(label_of):
    """Whether it went out or came back, the label is where it is now."""
    assert share(label_of(text, activity) == label for activity, label, text in TEXTS) >= 0.8
