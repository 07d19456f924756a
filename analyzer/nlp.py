"""The spaCy side of a model: Italian tokens, folded norms, lemmas and sentence ends, behind one `nlp` object.

`blank()` makes the pipeline of a model that has no trained one: spaCy's Italian tokenizer and lookup lemmas. A trained
pipeline takes its place in the model folder without any change elsewhere, since all that is asked of it are tokens
with `norm_` and `lemma_`, and `sents`.
"""

import gzip
import importlib.resources
import json
import re
from collections.abc import Mapping
from typing import Any

from spacy.language import Language
from spacy.pipeline import Lemmatizer
from spacy.tokens import Doc, Token

from analyzer.text import fold

_SENTENCE_END = re.compile(r"\A[.!?…]+\Z|\n")
_INITIALS = re.compile(r"(?:\w\.)+\w\Z")
_ABBREVIATIONS = frozenset(
    "arch art avv cfr dott dott.ssa dr egr es fig geom gent ing on pag prof prof.ssa rag sig sig.ra sigg spett "
    "tel".split()
)
"""Abbreviations that go on with a name or a number (our own list of common ones)."""

_STOP_WITHOUT_SPACE = r"(?<=[^\W\d_])[?!;:]+(?=[^\W\d_])"
_OPENS_SENTENCE = re.compile(r"[^\W_]|[«\"“'(@#-]")


@Language.component("comment_norm")
def comment_norm(doc: Doc) -> Doc:
    """Sets each token's `norm_` to its folded form, so that *Perchè*, *perché* and *perche'* match one another."""
    for token in doc:
        token.norm_ = fold(token.text)
    return doc


@Language.component("comment_sentences", assigns=["token.is_sent_start"])
def comment_sentences(doc: Doc) -> Doc:
    """Ends sentences at stops and at line breaks; abbreviations (*dott.*, *d.o.p.*) and *3.5* end none.

    Dots before a lower-case word go on with the sentence: commenters use them as commas.
    """
    ended = True
    for token in doc:
        opens = ended and _OPENS_SENTENCE.match(token.text) is not None
        token.is_sent_start = opens or token.i == 0
        if opens:
            ended = False
        if _SENTENCE_END.search(token.text) and not _abbreviates(doc, token.i):
            following = doc[token.i + 1] if token.i + 1 < len(doc) else None
            dots = token.text.startswith(("..", "…")) and "\n" not in token.text
            ended = not (dots and following is not None and following.text[:1].islower())
    return doc


def _abbreviates(doc: Doc, place: int) -> bool:
    """Whether the stop at a place belongs to an abbreviation before it: *dott.*, *d.o.p.*"""
    if doc[place].text != "." or place == 0 or doc[place - 1].whitespace_:
        return False
    before = doc[place - 1].text.lower()
    return before in _ABBREVIATIONS or _INITIALS.match(before) is not None


@Language.factory("folded_lemmatizer", assigns=["token.lemma"], default_config={"model": None, "mode": "lookup"})
def _make_folded_lemmatizer(nlp: Language, name: str, model: None, mode: str) -> "FoldedLemmatizer":
    return FoldedLemmatizer(nlp.vocab, model, name, mode=mode)


class FoldedLemmatizer(Lemmatizer):
    """Lookup lemmas by folded form; a word that the table does not hold is its own lemma."""

    def lookup_lemmatize(self, token: Token) -> list[str]:
        norm = token.norm_
        return [self.lookups.get_table("lemma_lookup").get(norm, norm)]


def blank(lemmas: Mapping[str, str]) -> Language:
    """An untrained Italian pipeline with the given lemma table, folded form → lemma.

    >>> nlp = blank({"inserzioni": "inserzione"})
    >>> [token.lemma_ for token in nlp("Le inserzioni. Perché?")]
    ['le', 'inserzione', '.', 'perche', '?']
    """
    import spacy
    from spacy.lookups import Lookups

    nlp = spacy.blank("it")
    infixes = [*(nlp.Defaults.infixes or ()), _STOP_WITHOUT_SPACE]
    tokenizer: Any = nlp.tokenizer
    tokenizer.infix_finditer = spacy.util.compile_infix_regex(infixes).finditer
    nlp.add_pipe("comment_norm")
    nlp.add_pipe("comment_sentences")
    lookups = Lookups()
    lookups.add_table("lemma_lookup", dict(lemmas))
    lemmatizer = nlp.add_pipe("folded_lemmatizer")
    assert isinstance(lemmatizer, FoldedLemmatizer)
    lemmatizer.initialize(lookups=lookups)
    return nlp


_TABLE_ORDER = ("_aux", "_noun", "_verb", "_adj", "_adv", "_det", "_pron", "_adp", "_num", "_other", "")


def lookup_table() -> dict[str, str]:
    """Folded form → lemma, from the Italian tables of `spacy-lookups-data` (morph-it, CC BY-SA 2.0 or LGPL).

    Without a tagger a form has one lemma: the auxiliary's before the noun's, the noun's before the verb's.
    """
    data = importlib.resources.files("spacy_lookups_data") / "data"
    plain: dict[str, str] = {}
    accented: dict[str, str] = {}
    for part in _TABLE_ORDER:
        table = json.loads(gzip.decompress((data / f"it_lemma_lookup{part}.json.gz").read_bytes()))
        for form, lemma in table.items():
            if form.islower() and " " not in form and lemma.replace("'", "").isalpha():
                (plain if fold(form) == form else accented).setdefault(fold(form), fold(lemma))
    return {form: lemma for form, lemma in {**accented, **plain}.items() if form != lemma}
