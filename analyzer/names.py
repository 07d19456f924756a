"""How people name one another in comments: spellings of a display name, and the wording that surrounds a name."""

import re
from collections.abc import Iterator

from analyzer.text import Span, name_key

_WORD = r"[A-ZÀ-ÖØ-Þ][\w’'-]+"
NAME = rf"{_WORD}(?: {_WORD}){{0,2}}"
"""One to three capitalised words."""

MENTION = re.compile(r"(?<![\w@/.])@(?P<handle>\w[\w.'’-]*\w|\w)")
"""An @ that is no e-mail address; the handle may go on in the next words of a display name."""

ADDRESS = re.compile(r"\S+@\S+\.\w+|(?:https?://|www\.)\S+|#\w+")
"""E-mail and web addresses and hashtags, in which no name addresses anybody."""

GREETING = (
    r"(?:car[oaie]|carissim[oa]|ciao|salve|buongiorno|buonasera|gentile|egregio|grazie(?: mille)?(?: a)?|bravo|brava|"
    r"scusa|scusami|senti|guarda|esatto|concordo|giusto|vero|no|sì|si|ma|e|beh|mah|ok|hai ragione|ti rispondo|"
    r"rispondo a|risposta a|rispondendo a|ciao anche a|grazie anche a)"
)
"""Short words after which a name addresses somebody."""

_TITLE = (
    r"(?:signor[ae]?|sig\.(?:ra)?|dott\.(?:ssa)?|dottor(?:e|essa)?|prof\.?(?:ssa)?|professor(?:e|essa)?|"
    r"ing\.|avv\.|avvocato)"
)

ADDRESSED = re.compile(rf"(?:^|[\n.!?…:;(]\s*|-\s+)(?:{GREETING}[,!]?\s+){{0,2}}(?:{_TITLE}\s+)?\Z", re.I)
"""What stands before a name that opens a sentence, alone or after a greeting."""

AND_ALSO = re.compile(r"\s*(?:,|,?\s*ed?)\s+")
"""What stands between two people who are addressed together."""

THIRD_PERSON = re.compile(
    r"(?:\s+(?:non|qui|sopra|poi|invece|però|si|ci|ne|lo|la|mi|gli|le|ti|vi))*\s+(?:è|ha|aveva|avrebbe|sta|fa|va|era|dà|può|deve|"
    r"vuole|sa|[a-zàèìòù]+(?:ebbe|ava|eva|iva))\b"
)
"""A verb in the third person after a name: the name is spoken of, not spoken to."""

ADDRESSED_TO = re.compile(r"(?:^|\n)\s*(?:x|per|a|to|@)\s+\Z", re.I)
"""The *x* of *x Anna:* at the start of a line."""

_CITED_WORDS = (
    r"(?:con|come|secondo|quoto|straquoto|appoggio|sottoscrivo|da|di|a|ad|al|dal|del|della|dice|dicono|diceva|scrive|scriveva|"
    r"ricorda|ricordava|sostiene|citava|raccontava|e|ha detto|ha scritto|contro|condivido)"
)
CITED_BEFORE = re.compile(
    r"\b(?:d'accordo|d’accordo|concord\w+|accodo|quot\w+|sottoscriv\w+|condivid\w+|appoggi\w+|associo|unisco|ragione|torto|"
    r"come|secondo|comment[oi]|parole|intervento|risposta|domanda|osservazione|esempio|punto|post|"
    r"detto|scritto|quel che|quello che|ciò che|dic\w+|scriv\w+|sostien\w+|ricord\w+|rispond\w+|contro)"
    rf"\b[^.!?\n]{{0,40}}?\b{_CITED_WORDS}\s+\Z",
    re.I,
)
CITED_DIRECTLY = re.compile(r"\b(?:come|secondo|quoto|straquoto|condivido|appoggio|contro)\s+\Z", re.I)
CITED_AFTER = re.compile(
    r"\s+(?:qui sopra\s+|poco sopra\s+)?(?:"
    r"(?:non )?ha (?:\w+ )?(?:ragione|torto|detto|scritto|centrato|colto)|dice|diceva|scrive|"
    r"scriveva|sostiene|sosteneva|parla|parlava|chiede|chiedeva|sbaglia|osserva|propone|racconta|raccontava|ricorda|nota)\b",
    re.I,
)

NOT_NAMES = frozenset(
    name_key(word)
    for word in (
        "grazie saluti ciao salve complimenti esatto concordo quoto bravo brava ottimo bene bello vero giusto certo "
        "infatti assolutamente appunto insomma comunque però boh mah auguri interessante perfetto "
        "ok sì no buongiorno buonasera "
        "per come con che chi poi allora domanda tutti ragazzi signori amici "
        "commenti risposte rispondi condividi leggi facebook twitter linkedin google fonte foto video nota ps"
    ).split()
)
"""Words that stand alone on a line, capitalised, and name nobody."""

SHORT_FORMS: dict[str, tuple[str, ...]] = {
    "ale": ("alessandro", "alessandra", "alessio", "alessia"),
    "angi": ("angela",),
    "anto": ("antonio", "antonella", "antonia"),
    "beppe": ("giuseppe",),
    "pino": ("giuseppe",),
    "peppe": ("giuseppe",),
    "chicca": ("francesca", "federica"),
    "ciccio": ("francesco",),
    "dani": ("daniele", "daniela"),
    "ele": ("elena", "eleonora"),
    "fede": ("federico", "federica"),
    "fra": ("francesco", "francesca"),
    "franci": ("francesco", "francesca"),
    "gabri": ("gabriele", "gabriella"),
    "gigi": ("luigi", "gianluigi", "luigina"),
    "gio": ("giovanni", "giovanna", "giorgio", "giorgia"),
    "gianni": ("giovanni",),
    "lele": ("emanuele", "raffaele", "gabriele", "daniele"),
    "lori": ("lorenzo", "loredana", "lorena"),
    "lalla": ("laura", "alessandra"),
    "manu": ("emanuele", "emanuela", "manuela", "manuel"),
    "max": ("massimo", "massimiliano"),
    "mimmo": ("domenico",),
    "nando": ("ferdinando", "fernando"),
    "nico": ("nicola", "nicoletta", "niccolo", "domenico"),
    "ro": ("roberto", "roberta", "rosa"),
    "robi": ("roberto", "roberta"),
    "sandro": ("alessandro",),
    "simo": ("simone", "simona"),
    "ste": ("stefano", "stefania"),
    "teo": ("matteo", "teodoro"),
    "titti": ("tiziana",),
    "tonino": ("antonio",),
    "totò": ("antonio", "salvatore"),
    "turi": ("salvatore",),
    "vale": ("valentina", "valerio", "valeria"),
    "vane": ("vanessa",),
    "vitto": ("vittorio", "vittoria"),
}
"""Italian short forms and the first names that they stand for (our own list of common ones)."""


_QUOTED = re.compile(r"«([^«»]{12,})»|“([^“”]{12,})”|\"([^\"\n]{12,})\"")


def quoted(text: str) -> list[Span]:
    """Spans of what stands between quotation marks, a few words at least.

    >>> quoted("Dici «i testi li scrivo io» e poi?")
    [(6, 26)]
    """
    return [match.span(match.lastindex or 0) for match in _QUOTED.finditer(text)]


def forms(name: str) -> Iterator[tuple[str, float]]:
    """The spellings under which others may call a display name, as name keys, with how surely each means it.

    >>> sorted(dict(forms("Marco Rossi")))
    ['marco', 'marcor', 'marcorossi', 'mrossi', 'rossi']
    >>> dict(forms("gianluigi76"))["gianluigi"]
    0.9
    """
    whole = name_key(name)
    words = [key for part in re.findall(r"[^\W\d_]+|\d+", _split_joined(name)) if (key := name_key(part)).isalpha()]
    yield whole, 1.0
    if (bare := whole.rstrip("0123456789")) != whole and len(bare) > 2:
        yield bare, 0.9
    if len(words) > 1:
        yield words[0] + words[-1], 0.95
        yield words[0][0] + words[-1], 0.9
        yield words[0] + words[-1][0], 0.9
        for place, word in enumerate(words):
            if len(word) > 2:
                yield word, 0.9 if place == 0 else 0.8


def _split_joined(name: str) -> str:
    """`MarcoRossi` and `marco_rossi` as words."""
    return re.sub(r"[._-]+", " ", re.sub(r"(?<=[a-zà-ÿ])(?=[A-ZÀ-Þ])", " ", name))


def words(text: str) -> list[Span]:
    """Spans of the words of a text, apostrophes parting them: *all'Anna* holds *Anna*."""
    return [match.span() for match in re.finditer(r"[^\W_]+(?:[_-][^\W_]+)*", text)]


def is_name(line: str) -> bool:
    """Whether a line could be somebody's name and nothing else.

    >>> is_name("Gian Luigi"), is_name("Grazie"), is_name("Personalmente")
    (True, False, False)
    """
    first = name_key(line.split(maxsplit=1)[0]) if line.strip() else ""
    adverb = first.endswith("mente") and first != "clemente"
    return bool(re.fullmatch(NAME, line)) and first not in NOT_NAMES and not adverb
