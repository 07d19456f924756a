"""The spaCy side of a model: Italian tokens, folded norms, lemmas, parse and sentence ends, behind one `nlp` object.

`blank()` makes a pipeline that is not trained: our tokenizer, norms and lookup lemmas. The trained one of a model
folder begins with the same; tagger, lemmatizer and parser follow. `sentences()` cuts the Docs of both.
"""

import gzip
import importlib.resources
import json
import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from spacy.language import Language
from spacy.pipeline import Lemmatizer
from spacy.tokens import Doc, Token

from analyzer.text import fold

_ENDS_SENTENCE = re.compile(r"[.!?…]+\Z")
_LIST_MARK = re.compile(r"(?:\d{1,2}|\w|\W+)\Z")
_INITIALS = re.compile(r"(?:\w\.)+\w\Z")
_ABBREVIATIONS = frozenset(
    "arch art avv cfr dott dott.ssa dr egr es fig geom gent ing on pag prof prof.ssa rag sig sig.ra sigg spett "
    "tel".split()
)
"""Abbreviations that go on with a name or a number (our own list of common ones)."""

_STOP_WITHOUT_SPACE = r"(?<=[^\W\d_])[?!;:]+(?=[^\W\d_])"
_STOPS = r"[?!]+"
_APOSTROPHE = r"(?<![^\W\d_])['’]"
"""A closing quotation mark; after a letter it is an apostrophe (*perche'*, *po'*) and stays with its word."""
_FACE = r"[:;=][-'o^]?[()\[\]DPpOo/|*]+|8-\)+|[xX]D+|\^_*\^|<3+"
_EMOTICON = rf"(?:(?<![\w:;=])(?:{_FACE})(?!\w)|(?<=[^\W\d_])[:;=][-'o^]?[()DP]+(?!\w))"
_PICTURE = "[\u2600-\u27bf\u2b50\u2b55\U0001f000-\U0001faff]"
_EMOJI = f"(?:[\U0001f1e6-\U0001f1ff]{{2}}|{_PICTURE}(?:[\ufe0f\U0001f3fb-\U0001f3ff]|\u200d{_PICTURE})*)"
_WHOLE = re.compile(rf"(?:[@#]\w(?:[\w.-]*\w)?|{_EMOJI}|{_EMOTICON})\Z").match
"""Tokens that are never taken apart: names and hashtags, emoji, emoticons (spaCy keeps addresses whole itself)."""

CHAT = {
    "ank": "anche", "anke": "anche", "bn": "bene", "cmq": "comunque", "cn": "con", "cs": "cosa", "dp": "dopo",
    "gg": "giorni", "grz": "grazie", "ke": "che", "ki": "chi", "msg": "messaggio", "nn": "non", "nnt": "niente",
    "perke": "perche", "qlc": "qualcosa", "qlcn": "qualcuno", "qlcs": "qualcosa", "qnd": "quando", "qndi": "quindi",
    "qst": "questo", "sn": "sono", "trp": "troppo", "tt": "tutto", "tnt": "tanto", "x": "per", "xche": "perche",
    "xcio": "percio", "xke": "perche", "xo": "pero",
}  # fmt: skip
"""Chat abbreviations, folded, and what they stand for (our own list of common ones)."""

_OPENS_SENTENCE = re.compile(r"[^\W_]|[«\"“'(@#-]")


@Language.component("comment_norm")
def comment_norm(doc: Doc) -> Doc:
    """Sets each token's `norm_` to its folded form: *Perchè*, *perché*, *perche'* and *xké* match one another."""
    for token in doc:
        token.norm_ = norm_of(token.text)
    return doc


def norm_of(word: str) -> str:
    """The folded form of a word, of a chat abbreviation that of the word it stands for."""
    folded = fold(word)
    return CHAT.get(folded, folded)


@Language.component("comment_breaks", assigns=["token.is_sent_start"])
def comment_breaks(doc: Doc) -> Doc:
    """Starts a sentence after each line break; where else one starts, the parser finds."""
    broken = False
    for token in doc:
        if broken and not token.is_space:
            token.is_sent_start = True
            broken = False
        broken = broken or "\n" in token.text
    return doc


def sentences(doc: Doc) -> list[tuple[int, int]]:
    """The sentences of a Doc as offsets of tokens: they end at stops and line breaks, and where the parser ends one.

    Abbreviations (*dott.*, *d.o.p.*) and *3.5* end none; dots before a lower-case word go on: commenters use them as
    commas. A list mark stays with its item (*– testi*, *1. testi*), a face after a stop with the sentence before. The
    rules serve where nothing is parsed, and beside the parser, which runs one sentence in a hundred into the next.
    """
    parsed = {sentence.start for sentence in doc.sents} if doc.has_annotation("SENT_START") else set()
    starts = {0}
    in_new_line, after_stop, has_word = True, False, False
    for token in doc:
        if in_new_line and not token.text.isspace():
            starts.add(token.i)
            in_new_line = after_stop = has_word = False
        elif has_word and (token.i in parsed or (after_stop and _OPENS_SENTENCE.match(token.text))):
            starts.add(token.i)
            after_stop = False
        has_word = has_word or _LIST_MARK.match(token.text) is None
        if "\n" in token.text:
            in_new_line = True
        elif has_word and _ENDS_SENTENCE.match(token.text) and not _abbreviates(doc, token.i):
            following = doc[token.i + 1] if token.i + 1 < len(doc) else None
            dots = token.text.startswith(("..", "…"))
            after_stop = not (dots and following is not None and following.text[:1].islower())
    edges = [*sorted(starts), len(doc)]
    return list(pairwise(edges)) if len(doc) else []


def _abbreviates(doc: Doc, place: int) -> bool:
    """Whether the stop at a place belongs to an abbreviation before it: *dott.*, *d.o.p.*"""
    if doc[place].text != "." or place == 0 or doc[place - 1].whitespace_:
        return False
    before = doc[place - 1].text.lower()
    return before in _ABBREVIATIONS or _INITIALS.match(before) is not None


@Language.factory("folded_lemmatizer", assigns=["token.lemma"], default_config={"model": None, "mode": "lookup"})
def _make_folded_lemmatizer(nlp: Language, name: str, model: None, mode: str) -> "FoldedLemmatizer":
    return FoldedLemmatizer(nlp.vocab, model, name, mode=mode, overwrite=True)


@Language.factory("comment_lemmas", assigns=["token.lemma"], default_config={"model": None, "mode": "lookup"})
def _make_comment_lemmas(nlp: Language, name: str, model: None, mode: str) -> "CommentLemmas":
    return CommentLemmas(nlp.vocab, model, name, mode=mode, overwrite=True)


class _TableLemmatizer(Lemmatizer):
    """spaCy's lookup lemmatizer with a table that is given at once."""

    def fill(self, table: Mapping[str, str]) -> None:
        """Sets the table of lemmas."""
        from spacy.lookups import Lookups

        lookups = Lookups()
        lookups.add_table("lemma_lookup", dict(table))
        self.initialize(lookups=lookups)


class FoldedLemmatizer(_TableLemmatizer):
    """Lookup lemmas by folded form; a word that the table does not hold is its own lemma.

    They cost next to nothing and need no parse, so terms are found by them; a trained pipeline puts better ones in
    their place for the Docs that it parses.
    """

    def lookup_lemmatize(self, token: Token) -> list[str]:
        norm = token.norm_
        return [self.lookups.get_table("lemma_lookup").get(norm, norm)]


AS_WRITTEN = frozenset({"PROPN", "PUNCT", "SPACE", "SYM", "X"})
"""Parts of speech whose lemma is the token as it stands (of a run of stops, one), unless the table has another."""

_RUN = re.compile(r"\A([!?\"(),;:])\1+\Z")
CLITICS = re.compile(r"(.+(?:r|ndo))(?:(me|te|se|ce|ve|glie)(l[oaie]|ne)|(mi|ti|si|ci|vi|l[oaie]|ne|gli))")
"""An infinitive or gerund before its pronouns: *dar-ti*, *portando-me-lo*."""


def table_lemma(table: Mapping[str, str], word: str, pos: str) -> str | None:
    """The lemma of a word, as it is written, in a table by *POS form*; None where neither table nor rule has one.

    A verb with pronouns has their lemmas too, as in the treebanks.

    >>> table = {"VERB dare": "dare", "ADV perche": "perché"}
    >>> table_lemma(table, "Darglielo", "VERB"), table_lemma(table, "xke'", "ADV"), table_lemma(table, "!!", "PUNCT")
    ('dare gli lo', 'perché', '!')
    """
    for form in (word.lower(), norm_of(word)):
        if lemma := table.get(f"{pos} {form}"):
            return lemma
        if pos == "VERB" and (found := CLITICS.fullmatch(form)):
            verb, first, second, only = found.groups()
            pronouns = only or f"{'gli' if first == 'glie' else first} {second}"
            lemma = table.get(f"VERB {verb}") if verb.endswith("ndo") else infinitive(table, verb)
            if lemma:
                return f"{lemma} {pronouns}"
    return _RUN.sub(r"\1", word) if pos in AS_WRITTEN else None


def infinitive(table: Mapping[str, str], verb: str) -> str | None:
    """The infinitive that is cut short before pronouns (*dar*, *por*), if the table has it as one."""
    return next((form for form in (f"{verb}e", f"{verb}re") if table.get(f"VERB {form}") == form), None)


class CommentLemmas(_TableLemmatizer):
    """Lemmas by part of speech and form, accents mended; the trained lemmatizer's where the table holds neither."""

    def lookup_lemmatize(self, token: Token) -> list[str]:
        known = table_lemma(self.lookups.get_table("lemma_lookup"), token.text, token.pos_)
        return [known or token.lemma_ or token.lower_]


def tokenizing() -> Language:
    """A pipeline of spaCy's Italian tokenizer alone, adapted to comments.

    Names, hashtags, addresses, emoji and emoticons are one token each, as are runs of stops; an apostrophe stays with
    its word, and stops without a space after them end words.

    >>> [token.text for token in tokenizing()("perche' no?!ciao:-) @Anna.Bianchi, #seo")]
    ["perche'", 'no', '?!', 'ciao', ':-)', '@Anna.Bianchi', ',', '#seo']
    """
    import spacy

    nlp = spacy.blank("it")
    tokenizer: Any = nlp.tokenizer
    own = [_EMOJI, _EMOTICON, _STOPS]
    spared = {"#", "'", "’", r"\'", r"\!", r"\?"}

    def others(rules: Iterable[Any] | None) -> list[Any]:
        return [rule for rule in rules or () if rule not in spared]

    defaults = nlp.Defaults
    prefixes = [*own, r"#(?!\w)", r"['’](?!\d\d)", *others(defaults.prefixes)]
    suffixes = [*own, "#", _APOSTROPHE, *others(defaults.suffixes)]
    infixes = [*own[:2], *(defaults.infixes or ()), _STOP_WITHOUT_SPACE, ",(?=[@#])"]
    tokenizer.prefix_search = spacy.util.compile_prefix_regex(prefixes).search
    tokenizer.suffix_search = spacy.util.compile_suffix_regex(suffixes).search
    tokenizer.infix_finditer = spacy.util.compile_infix_regex(infixes).finditer
    tokenizer.token_match = _WHOLE
    return nlp


def blank(lemmas: Mapping[str, str]) -> Language:
    """An untrained Italian pipeline with the given lemma table, folded form → lemma.

    >>> nlp = blank({"inserzioni": "inserzione"})
    >>> [token.lemma_ for token in nlp("Le inserzioni. Perché?")]
    ['le', 'inserzione', '.', 'perche', '?']
    """
    nlp = tokenizing()
    nlp.add_pipe("comment_norm")
    lemmatizer = nlp.add_pipe("folded_lemmatizer")
    assert isinstance(lemmatizer, FoldedLemmatizer)
    lemmatizer.fill(lemmas)
    return nlp


LIGHT = ("comment_norm", "folded_lemmatizer")
"""The components that cost next to nothing: norms and lookup lemmas, all that stances and replies need."""
_HEAVY = ("comment_breaks", "tok2vec", "morphologizer", "trainable_lemmatizer", "parser", "comment_lemmas", "vocab")


def load(path: Path, *, whole: bool = True) -> Language:
    """The pipeline in a folder; with `whole` false, `LIGHT` alone, without vectors, in a third of the time.

    Numpy multiplies for it: twice as fast as thinc's own routines where we measured.
    """
    import spacy
    from thinc.api import use_ops

    with use_ops("numpy", use_blis=False):
        return spacy.load(path, exclude=() if whole else _HEAVY)


def light(nlp: Language, texts: Iterable[str]) -> list[Doc]:
    """The texts as Docs with norms and lookup lemmas alone."""
    with nlp.select_pipes(enable=[name for name in nlp.pipe_names if name in LIGHT]):
        return list(nlp.pipe(texts))


_TABLE_ORDER = ("AUX", "NOUN", "VERB", "ADJ", "ADV", "DET", "PRON", "ADP", "NUM", "OTHER", "")


def lookups(pos: str) -> dict[str, str]:
    """Form → lemma for a part of speech, from `spacy-lookups-data` (Morph-it!, CC BY-SA 2.0 or LGPL)."""
    name = f"it_lemma_lookup{'_' if pos else ''}{pos.lower()}.json.gz"
    packed = (importlib.resources.files("spacy_lookups_data") / "data" / name).read_bytes()
    table: dict[str, str] = json.loads(gzip.decompress(packed))
    return table


def lookup_table() -> dict[str, str]:
    """Folded form → lemma, from all parts of speech of `lookups`.

    Without a tagger a form has one lemma: the auxiliary's before the noun's, the noun's before the verb's.
    """
    plain: dict[str, str] = {}
    accented: dict[str, str] = {}
    for pos in _TABLE_ORDER:
        for form, lemma in lookups(pos).items():
            if form.islower() and " " not in form and lemma.replace("'", "").isalpha():
                (plain if fold(form) == form else accented).setdefault(fold(form), fold(lemma))
    return {form: lemma for form, lemma in {**accented, **plain}.items() if form != lemma}
