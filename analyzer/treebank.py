"""Treebanks as spaCy Docs: read from CoNLL-U, spoiled as comments are, and scored against a pipeline."""

import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import ReadError
from analyzer.nlp import CHAT
from analyzer.text import fold

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, Token
    from spacy.vocab import Vocab

_SHORT = {full: [short for short, meant in CHAT.items() if meant == full] for full in set(CHAT.values())}
_EMOTICONS = (":-)", ":)", ";-)", ":D", ":-(", "😀", "😅", "👍", "<3")
_ACCENTED = dict(zip("àèéìòù", "aeeiou", strict=True))
_WRONG_WAY = {"é": "è", "è": "é"}


def read_treebank(path: Path, vocab: "Vocab | None" = None) -> "list[Doc]":
    """The sentences of a CoNLL-U file, one Doc each; what is one word to the eye (*della*, *darti*) is one token.

    A merged token has all lemmas of its parts (*di il*, *dare ti*). Docs that are to be joined must share a vocab.
    Raises `ReadError` where the file cannot be read.
    """
    from spacy.tokens import DocBin
    from spacy.training.converters.conllu_to_docs import conllu_to_docs

    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ReadError(f"{path}: {error.strerror}", hint="give the folder of the treebanks") from error
    read: Any = conllu_to_docs
    docs = list(read(text, n_sents=1, merge_subtokens=True, no_print=True))
    return list(DocBin(docs=docs).get_docs(docs[0].vocab if vocab is None else vocab))


def joined(docs: "Sequence[Doc]", size: int) -> "list[Doc]":
    """The same sentences in Docs of `size` sentences each, the last one perhaps shorter."""
    from spacy.tokens import Doc

    groups = [list(docs[place : place + size]) for place in range(0, len(docs), size)]
    return [doc for group in groups if (doc := Doc.from_docs(group)) is not None]


def spoiled(doc: "Doc", draw: random.Random) -> "Doc":
    """A copy of an annotated Doc that is typed as comments are, with the same annotation.

    Drawn for each Doc: accents dropped, as apostrophes or the wrong way; small or capital letters; chat abbreviations;
    no space after commas and stops, or one before; dots for stops; an emoticon and line breaks at sentence ends.
    """
    from spacy.tokens import Doc

    accents = draw.choice(["right"] * 4 + ["none"] * 2 + ["apostrophe"] * 2 + ["wrong"] * 2)
    letters = draw.choice(["right"] * 6 + ["small"] * 3 + ["capital"])
    short, dots = draw.random() < 0.3, draw.random() < 0.2
    after, before = draw.random() < 0.3, draw.random() < 0.1
    emoticon, lines = draw.random() < 0.2, draw.random() < 0.3
    rows: list[dict[str, Any]] = []
    at: dict[int, int] = {}
    for sentence in doc.sents:
        for token in sentence:
            word = token.text
            if short and (choices := _SHORT.get(fold(word))) and word.islower():
                word = draw.choice(choices)
            word = _accented(word, accents)
            if letters != "right" and not word.startswith(("http", "@", "#")):
                word = word.lower() if letters == "small" else word.upper()
            if dots and word == ".":
                word = draw.choice(["..", "...", "…"])
            space = bool(token.whitespace_) and not (after and word in ",.;:!?" and draw.random() < 0.7)
            if before and word in ",;:!?" and rows:
                rows[-1]["space"] = True
            at[token.i] = len(rows)
            rows.append(_row(word, space, token.pos_, str(token.morph), token.lemma_, token.dep_, token.head.i))
        root = sentence.root.i
        if emoticon and draw.random() < 0.5:
            face = draw.choice(_EMOTICONS)
            rows[-1]["space"] = draw.random() < 0.8
            rows.append(_row(face, True, "SYM", "", face, "discourse", root))
        if lines and draw.random() < 0.5 and sentence.end < len(doc):
            rows[-1]["space"] = False
            rows.append(_row(draw.choice(["\n", "\n\n"]), False, "SPACE", "", "\n", "dep", root))
    return Doc(
        doc.vocab,
        words=[row["word"] for row in rows],
        spaces=[row["space"] for row in rows],
        pos=[row["pos"] for row in rows],
        morphs=[row["morph"] for row in rows],
        lemmas=[row["lemma"] for row in rows],
        deps=[row["dep"] for row in rows],
        heads=[at[row["head"]] for row in rows],
    )


def _row(word: str, space: bool, pos: str, morph: str, lemma: str, dep: str, head: int) -> dict[str, Any]:
    return {"word": word, "space": space, "pos": pos, "morph": morph, "lemma": lemma, "dep": dep, "head": head}


def _accented(word: str, style: str) -> str:
    if style == "right" or word.isascii():
        return word
    if style == "wrong":
        return word[:-1] + _WRONG_WAY.get(word[-1], word[-1])
    plain = "".join(_ACCENTED.get(letter, letter) for letter in word)
    return plain + "'" if style == "apostrophe" and word[-1] in _ACCENTED else plain


TESTS = {"it_isdt-ud-test": 10, "it_postwita-ud-test": 1, "it_twittiro-ud-test": 1}
"""The files that are only tested on, with the sentences that are scored as one text: ten of prose, one tweet."""


def docs_of_tests(treebanks: Path) -> "dict[str, list[Doc]]":
    """The test files in a folder of treebanks, as the Docs that are scored."""
    found = {}
    for name, size in TESTS.items():
        files = list(treebanks.glob(f"*/{name}.conllu"))
        if not files:
            raise ReadError(f"{treebanks}: no {name}.conllu in it", hint="give the folder of the treebanks")
        found[name] = joined(read_treebank(files[0]), size)
    return found


def scores(nlp: "Language", treebanks: Path) -> dict[str, dict[str, float]]:
    """The scores of a pipeline on each test file in a folder of treebanks, and on a spoiled copy of it (`… noisy`)."""
    found = {}
    for name, docs in docs_of_tests(treebanks).items():
        draw = random.Random(name)
        found[name] = score(nlp, docs)
        found[f"{name} noisy"] = score(nlp, [spoiled(doc, draw) for doc in docs])
    return found


def score(nlp: "Language", docs: "Iterable[Doc]") -> dict[str, float]:
    """Scores of a pipeline on annotated Docs, from their text alone: its own tokens are aligned with the right ones.

    `tokens` and `sentences` are F1, `pos`, `morph` and `lemma` accuracies, `uas` and `las` attachment without
    punctuation. `lemma any case` takes *Italia* and *italia* for one: PoSTWITA writes the lemmas of some names small.
    """
    from spacy.scorer import Scorer
    from spacy.tokens import DocBin
    from spacy.training import Example

    gold = list(DocBin(docs=docs).get_docs(nlp.vocab))
    read = nlp.pipe(doc.text for doc in gold)
    examples = [Example(*pair) for pair in zip(read, gold, strict=True)]
    found = Scorer(nlp).score(examples)
    found["lemma_any_case"] = Scorer.score_token_attr(examples, "lemma", getter=_small_lemma)["lemma_acc"]
    names = {
        "tokens": "token_f",
        "sentences": "sents_f",
        "pos": "pos_acc",
        "morph": "morph_acc",
        "lemma": "lemma_acc",
        "lemma any case": "lemma_any_case",
        "uas": "dep_uas",
        "las": "dep_las",
    }
    return {name: round(float(found.get(key) or 0.0), 4) for name, key in names.items()}


def _small_lemma(token: "Token", _: str) -> str:
    return str(token.lemma_.lower())


def words_per_second(nlp: "Language", texts: Sequence[str]) -> float:
    """How many words of some texts a pipeline takes in a second on one core of this machine."""
    from time import perf_counter

    from threadpoolctl import threadpool_limits

    words = sum(len(nlp.make_doc(text)) for text in texts)
    with threadpool_limits(1):
        start = perf_counter()
        for _ in nlp.pipe(texts):
            pass
    return words / (perf_counter() - start)
