"""The encoder: a small transformer that reads passages and says what each holds on each activity.

It is multilingual-e5-small (Wang et al. 2024, MIT), its lower layers alone, fine-tuned by `scripts/train_encoder`. Each
activity is a query, made of the terms that name it, that looks for the words of a passage that speak of it and reads
from them; so a taxonomy of one's own needs no other encoder. What it says are features, not yet stances.
"""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from spacy.tokens import Doc

    Array = np.ndarray[Any, np.dtype[Any]]

LONGEST = 160
"""Word pieces of the longest passage."""
ABOUT = ("title", "post", "answered", "before", "is post")
"""What a passage is told of each activity beside its words: where else it is named, and whether this is the post."""
FILE = "encoder.onnx"


class Pieces:
    """Word pieces: a word is cut where the pieces are likeliest (the unigram model of Kudo, ACL 2018).

    >>> pieces = Pieces(["<s>", "</s>", "<unk>", "▁news", "letter", "▁", "n"], [0, 0, 0, -5, -6, -3, -8])
    >>> [pieces.pieces[place] for place in pieces.cut("newsletter", True)]
    ['▁news', 'letter']
    """

    start, end, unknown = 0, 1, 2

    def __init__(self, pieces: Sequence[str], scores: Sequence[float]) -> None:
        self.pieces = list(pieces)
        self._known = {
            piece: (place, float(score)) for place, (piece, score) in enumerate(zip(pieces, scores, strict=True))
        }
        self._longest = max(map(len, pieces))
        self._worst = float(min(scores)) - 10
        self.cut = lru_cache(maxsize=200_000)(self._cut)

    def _cut(self, word: str, spaced: bool) -> tuple[int, ...]:
        """The places of the pieces of a word, at most twelve; `spaced` where white space stands before it."""
        text = unicodedata.normalize("NFKC", word).replace(" ", "▁")
        text = f"▁{text}" if spaced else text
        best: list[tuple[float, int, int]] = [(0.0, 0, 0)]
        for end in range(1, len(text) + 1):
            found = (float("-inf"), 0, 0)
            for begin in range(max(0, end - self._longest), end):
                place, score = self._known.get(text[begin:end], (self.unknown, self._worst))
                if place == self.unknown and end - begin > 1:
                    continue
                if (total := best[begin][0] + score) > found[0]:
                    found = (total, begin, place)
            best.append(found)
        places: list[int] = []
        here = len(text)
        while here:
            _, here, place = best[here]
            places.append(place)
        return tuple(places[::-1][:12]) or (self.unknown,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """Some sentences of a comment, as the encoder reads them.

    `start` and `end` are tokens of the Doc. For each word piece `tokens` has its token (-1 for the marks at both ends),
    `names` the place of the activity that the token names, or -1. `about` has for each activity a row as in `ABOUT`.
    """

    start: int
    end: int
    pieces: tuple[int, ...]
    tokens: tuple[int, ...]
    names: tuple[int, ...]
    about: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the encoder says of one passage, for each activity.

    `labels` are the logarithms of the probabilities of none, favor, against, mixed (activities x 4), `conditional` that
    of a condition, `timeframe` those of none, past, present, future (activities x 4); `attention` tells how much each
    word piece weighed (activities x pieces, rows add up to 1).
    """

    labels: "Array"
    conditional: "Array"
    timeframe: "Array"
    attention: "Array"


def passages(
    doc: "Doc",
    words: Sequence[str],
    sentences: Sequence[tuple[int, int]],
    kept: Sequence[bool],
    pieces: Pieces,
    names: Sequence[int],
    about: Sequence[Sequence[float]],
) -> list[Passage]:
    """The sentences of a Doc that are kept, each with the one before it, as passages of up to `LONGEST` word pieces.

    What stands together is one passage if it fits; a sentence that is too long is cut. `words` has for each token how
    the encoder is to read it, `names` the place of the activity that it names, or -1.
    """
    wanted = [any(kept[place : place + 2]) for place in range(len(kept))]
    cut = {
        place: () if doc[place].is_space else pieces.cut(words[place], is_spaced(doc, place))
        for (start, end), is_wanted in zip(sentences, wanted, strict=True)
        if is_wanted
        for place in range(start, end)
    }
    room = LONGEST - 2
    runs: list[tuple[int, int]] = []
    length = 0
    for (first, last), is_wanted in zip(sentences, wanted, strict=True):
        if not is_wanted:
            length = room + 1
            continue
        begin = first
        size = 0
        for place in range(first, last):
            if size + len(cut[place]) > room:
                runs.append((begin, place))
                begin, size, length = place, 0, room + 1
            size += len(cut[place])
        if runs and begin == first and length + size <= room:
            runs[-1] = (runs[-1][0], last)
            length += size
        else:
            runs.append((begin, last))
            length = size
    rows = tuple(tuple(map(float, row)) for row in about)
    found = []
    for start, end in runs:
        tokens = [place for place in range(start, end) for _ in cut[place]]
        if tokens:
            found.append(
                Passage(
                    start=start,
                    end=end,
                    pieces=(pieces.start, *(piece for place in range(start, end) for piece in cut[place]), pieces.end),
                    tokens=(-1, *tokens, -1),
                    names=(-1, *(names[place] for place in tokens), -1),
                    about=rows,
                )
            )
    return found


def is_spaced(doc: "Doc", place: int) -> bool:
    """Whether white space or nothing stands before a token."""
    return place == 0 or bool(doc[place - 1].whitespace_) or doc[place - 1].is_space


@dataclass(frozen=True, slots=True)
class Queries:
    """The terms of each activity as word pieces, and what each piece weighs (activities x pieces, filled up with 0)."""

    terms: "Array"
    weights: "Array"


class Encoder:
    """The encoder of a model folder, and what it makes of passages."""

    def __init__(self, pieces: Pieces, session: Any) -> None:
        self.pieces = pieces
        self._session = session

    @classmethod
    def load(cls, folder: Path) -> "Encoder":
        """The encoder in a folder. `ModelError` where there is none, or one that is damaged."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.disable_quant_qdq", "1")  # matrices are unpacked once, on loading
        try:
            session = onnxruntime.InferenceSession(str(folder / FILE), options, providers=["CPUExecutionProvider"])
            stored = session.get_modelmeta().custom_metadata_map
            pieces = Pieces(json.loads(stored["pieces"]), json.loads(stored["scores"]))
        except Exception as error:  # onnxruntime's own errors share no class
            raise ModelError(
                f"{folder / FILE}: no encoder: {error}", hint="install or train the model again"
            ) from error
        return cls(pieces, session)

    def queries(self, activities: Iterable[Iterable[str]]) -> Queries:
        """What looks for each activity, given its terms: the mean of the terms', each the mean of its word pieces."""
        import numpy as np

        listed = [[self._cut(term) for term in terms] for terms in activities]
        most = max((sum(map(len, cuts)) for cuts in listed), default=1)
        found = np.zeros((len(listed), most), dtype=np.int64)
        weights = np.zeros((len(listed), most), dtype=np.float32)
        for row, cuts in enumerate(listed):
            flat = [(piece, 1 / len(cuts) / len(cut)) for cut in cuts for piece in cut]
            found[row, : len(flat)], weights[row, : len(flat)] = zip(*flat, strict=True)
        return Queries(found, weights)

    def _cut(self, term: str) -> list[int]:
        return [piece for word in term.split() for piece in self.pieces.cut(word, True)]

    def read(self, listed: Iterable[Passage], queries: Queries) -> Iterator[Reading]:
        """The reading of each passage, one after the other: it does not depend on what is read beside it."""
        import numpy as np

        for passage in listed:
            labels, conditional, timeframe, attention = self._session.run(
                None,
                {
                    "pieces": np.array(passage.pieces, dtype=np.int64),
                    "names": np.array(passage.names, dtype=np.int64),
                    "about": np.array(passage.about, dtype=np.float32),
                    "terms": queries.terms,
                    "weights": queries.weights,
                },
            )
            yield Reading(labels=labels, conditional=conditional[:, 1], timeframe=timeframe, attention=attention)
