"""Who would hand which activity outside: candidates, their features, and what a classifier makes of them.

A candidate is an activity of which a comment may hold a stance: one that it names, or that the encoder takes it to
speak of. Its features are what the encoder, which is told where else in the thread it is named, says of it, and the
cues beside the words that weighed most, which are the evidence. The classifier labels it favor, against, mixed or none.
"""

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from analyzer import text as text_
from analyzer.activities import Activity, ActivityIndex, PhraseIndex
from analyzer.encoder import Encoder, Passage, Reading, passages
from analyzer.linear import Linear
from analyzer.names import quoted
from analyzer.thread import POST, Comment, Thread

if TYPE_CHECKING:
    import numpy as np
    from spacy.language import Language
    from spacy.tokens import Doc, Token
    from spacy.tokens import Span as DocSpan

Features = dict[str, float]


class Label(StrEnum):
    """A position on outsourcing one activity."""

    FAVOR = "favor"
    AGAINST = "against"
    MIXED = "mixed"
    NONE = "none"


class Timeframe(StrEnum):
    """When a practice holds; an opinion has none."""

    PAST = "past"
    PRESENT = "present"
    FUTURE = "future"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stance:
    """One author's position on outsourcing one activity, in one comment.

    `span` is the evidence in the comment's text; `score` the calibrated probability of the label, 0 to 1.
    """

    comment_id: str
    activity: str
    stance: Label
    conditional: bool
    timeframe: Timeframe | None
    score: float
    span: text_.Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An activity of which a comment may hold a stance: its features, and the passage that would be the evidence.

    `focus` are the words that weighed most in the encoder's reading, in the order of the text.
    """

    comment_id: str
    activity: str
    features: Features
    span: text_.Span
    focus: tuple[text_.Span, ...] = ()


class Classifier(Protocol):
    """Any estimator over feature dicts that gives probabilities: `Linear`, or one of scikit-learn."""

    @property
    def classes_(self) -> Sequence[str]: ...

    def predict_proba(self, features: Sequence[Features]) -> "np.ndarray": ...


NONE_WEIGHT = 0.5
"""What a `none` weighs in training against a stance."""

CONDITIONAL_FROM = 0.4
"""The probability from which a condition is taken to be there: about half of the F1 reached (Lipton et al. 2014)."""

UNLIKELY = 0.005
"""A pair of comment and activity with less probability of a stance, as the encoder reads it, is no candidate."""

_CUE_GROUPS_APART = ("agree", "disagree", "thanks")  # they speak of replies
_AS_WRITTEN_GROUPS = ("past", "present", "future")  # here the form is the sign
_CLAUSE_EDGE = re.compile(r"[;:()–—\n]|\.\.+|…")
_CONTRAST_NORMS = frozenset({"ma", "pero", "invece", "mentre", "tuttavia", "anzi"})
_NEGATION_NORMS = frozenset(
    {"non", "mai", "ne", "neanche", "nemmeno", "nessuno", "nessun", "nessuna", "senza", "neppure"}
)
_FOCUS = 4  # words that a candidate names as those that weighed most
_QUOTED = 0.8  # the share of what weighed from which it is the words of somebody else
_LONGEST_EVIDENCE = 220  # characters up to which a whole sentence serves as evidence


Answered = Mapping[str, Sequence[str]]
"""The ids of what a comment answers, by its own id."""


class Extractor:
    """Makes candidates from threads; holds what a model reads them with, built once.

    `cues` are phrases by group. Tokens, norms and lookup lemmas of a text are cheap; by its words (`words_of`) the gate
    tells which sentences may hold a stance, and only those and the ones before them are read by the encoder.
    """

    def __init__(
        self,
        nlp: "Language",
        activities: ActivityIndex,
        cues: Mapping[str, Iterable[str]],
        encoder: Encoder,
        gate: Linear,
    ) -> None:
        self._nlp = nlp
        self._index = activities
        self._encoder = encoder
        self._gate = gate
        self._queries = encoder.queries((*one.lemmas, *one.phrases) for one in activities.activities)
        words = {group: list(cue) for group, cue in cues.items() if group not in _CUE_GROUPS_APART}
        by_lemma = {group: cue for group, cue in words.items() if group not in _AS_WRITTEN_GROUPS}
        self._cues = PhraseIndex(nlp, lemmas=by_lemma, phrases=words, inflected=False)

    @property
    def activities(self) -> tuple[Activity, ...]:
        """The taxonomy."""
        return self._index.activities

    def candidates(self, threads: Sequence[Thread], answered: Sequence[Answered]) -> list[list[Candidate]]:
        """For each thread one candidate for each comment and activity of which it may hold a stance, in order.

        `answered` tells for each thread what its comments answer.
        """
        read = self.passages(threads, answered)
        flat = [passage for listed in read for *_, found in listed for passage in found]
        readings = self._encoder.read(flat, self._queries)
        return [
            [
                candidate
                for comment, doc, names, found in listed
                for candidate in self._of_one(comment, doc, names, [(passage, next(readings)) for passage in found])
            ]
            for listed in read
        ]

    def passages(
        self, threads: Sequence[Thread], answered: Sequence[Answered]
    ) -> list[list[tuple[Comment, "Doc", list[int], list[Passage]]]]:
        """For each thread its post and comments: a light Doc, the activity each token names (or -1), what is read."""
        from analyzer.nlp import light

        texts = [[thread.title or "", *(comment.text for comment in thread.everything)] for thread in threads]
        docs = iter(light(self._nlp, (text for listed in texts for text in listed)))
        place = {activity.id: number for number, activity in enumerate(self.activities)}
        found = []
        for thread, links in zip(threads, answered, strict=True):
            title = {place[hit.label_] for hit in self._index.find(next(docs))}
            named: dict[str, set[int]] = {}
            before: set[int] = set()
            listed = []
            for comment in thread.everything:
                doc = next(docs)
                quotes = (*comment.quotes, *quoted(comment.text))
                names = [-1] * len(doc)
                for hit in self._index.find(doc):
                    if not _inside(hit, quotes):
                        names[hit.start : hit.end] = [place[hit.label_]] * len(hit)
                mine = set(names) - {-1}
                asked = set[int]().union(*(named[other] for other in links.get(comment.id, ()) if other in named))
                is_post = comment.id == POST
                told = (title, set() if is_post else named[POST], asked, before)
                about = [(*(float(number in where) for where in told), float(is_post)) for number in range(len(place))]
                sentences, kept = self._kept(doc)
                words = [self._index.spelt(token) for token in doc]
                read = passages(doc, words, sentences, kept, self._encoder.pieces, names, about)
                listed.append((comment, doc, names, read))
                named[comment.id] = before = mine
            found.append(listed)
        return found

    def _kept(self, doc: "Doc") -> tuple[list[tuple[int, int]], list[bool]]:
        """The sentences of a Doc, and which of them the gate lets through."""
        from analyzer.nlp import sentences

        cut = sentences(doc)
        scores = (self._gate.scores(words_of(doc[start:end])) for start, end in cut)
        return cut, [open_ >= shut for open_, shut in scores]

    def _of_one(
        self, comment: Comment, doc: "Doc", names: Sequence[int], read: Sequence[tuple[Passage, Reading]]
    ) -> Iterator[Candidate]:
        """The candidates of a comment, each from the passage that most likely holds a stance on its activity.

        An activity that is named only where the gate lets nothing through has no features: nothing was read of it.
        """
        view: _View | None = None
        for place, activity in enumerate(self.activities):
            best = min(read, key=lambda pair: pair[1].labels[place, 0], default=None)
            is_named = place in names
            is_likely = best is not None and best[1].labels[place, 0] <= math.log(1 - UNLIKELY)
            if not is_named and not is_likely:
                continue
            view = view or _View(doc, self._cues.find(doc), (*comment.quotes, *quoted(comment.text)))
            if best is None or not (is_likely or any(place in passage.names for passage, _ in read)):
                span = view.characters(view.clause(names.index(place)))
                yield Candidate(comment_id=comment.id, activity=activity.id, features={}, span=span)
                continue
            passage, reading = best
            tokens = view.weighed(passage, reading.attention[place])
            if (evidence := view.evidence(tokens)) is None:
                continue
            focus = sorted(sorted(tokens, key=lambda token: -tokens[token])[:_FOCUS])
            yield Candidate(
                comment_id=comment.id,
                activity=activity.id,
                features={
                    **_of_reading(reading, place),
                    **view.cues_beside(tokens),
                },
                span=evidence,
                focus=tuple(view.characters((token, token + 1)) for token in focus),
            )


def words_of(tokens: Iterable["Token"]) -> Features:
    """A sentence as the gate sees it: the folded norms of its words and of each two in a row, of length 1 together."""
    norms = [token.norm_ for token in tokens if not token.is_space]
    counts = Counter((*norms, *map(" ".join, pairwise(norms))))
    length = math.sqrt(sum(count * count for count in counts.values()))
    return {words: count / length for words, count in counts.items()}


def _of_reading(reading: Reading, place: int) -> Features:
    """What the encoder says of an activity, as logarithms of odds that a linear classifier can weigh."""
    none, *held = (float(value) for value in reading.labels[place])
    found = {f"read {label}": value - none for label, value in zip(("favor", "against", "mixed"), held, strict=True)}
    found["read favor or against"] = held[0] - held[1]
    found["read condition"] = float(reading.conditional[place])
    times = (float(value) for value in reading.timeframe[place])
    found.update(zip(("read no time", "read past", "read present", "read future"), times, strict=True))
    return found


class _View:
    """A comment as its sentences and clauses, with the cues that stand in each."""

    def __init__(self, doc: "Doc", cues: Iterable["DocSpan"], quotes: Sequence[text_.Span]) -> None:
        from spacy.util import filter_spans

        from analyzer.nlp import sentences

        self.doc = doc
        self.quotes = quotes
        self.sentences = sentences(doc)
        self.sentence_of = [0] * len(doc)
        for number, (start, end) in enumerate(self.sentences):
            self.sentence_of[start:end] = [number] * (end - start)
        self._edges: dict[int, list[int]] = {}
        self.cues: dict[int, list[DocSpan]] = {}
        for cue in filter_spans(list(cues)):
            self.cues.setdefault(self.sentence_of[cue.start], []).append(cue)

    def weighed(self, passage: Passage, attention: Sequence[float]) -> dict[int, float]:
        """How much each token weighed in a reading."""
        found: dict[int, float] = {}
        for token, weight in zip(passage.tokens, attention, strict=True):
            if token >= 0:
                found[token] = found.get(token, 0.0) + float(weight)
        return found

    def evidence(self, tokens: Mapping[int, float]) -> text_.Span | None:
        """The sentence that weighed most, or its clause where it is long; None where what weighed is quoted."""
        quoted = sum(
            weight
            for token, weight in tokens.items()
            if any(first <= self.doc[token].idx < last for first, last in self.quotes)
        )
        if quoted > _QUOTED * sum(tokens.values()):
            return None
        units: dict[tuple[int, int], float] = {}
        for token, weight in tokens.items():
            unit = self.clause(token)
            units[unit] = units.get(unit, 0.0) + weight
        start, end = self.characters(max(units, key=lambda unit: units[unit]))
        return None if any(first <= start and end <= last for first, last in self.quotes) else (start, end)

    def clause(self, token: int) -> tuple[int, int]:
        """The sentence around a token, or its clause where the sentence is long."""
        sentence = self.sentence_of[token]
        if sentence not in self._edges:
            start, end = self.sentences[sentence]
            is_long = self.doc[start:end].end_char - self.doc[start].idx > _LONGEST_EVIDENCE
            inner = (place + 1 for place in range(start, end) if is_long and self.is_edge(place))
            self._edges[sentence] = [start, *inner, end]
        edges = self._edges[sentence]
        right = bisect_right(edges, token)
        return edges[right - 1], edges[min(right, len(edges) - 1)]

    def is_edge(self, place: int) -> bool:
        token = self.doc[place]
        if _CLAUSE_EDGE.search(token.text):
            return True
        following = self.doc[place + 1].norm_ if place + 1 < len(self.doc) else ""
        return token.text == "," and following in _CONTRAST_NORMS

    def characters(self, unit: tuple[int, int]) -> text_.Span:
        """The unit's offsets in the text, without white space and list marks at its edges."""
        start, end = unit
        while start < end - 1 and not any(
            character.isalnum() or character in "«\"“@'" for character in self.doc[start].text
        ):
            start += 1
        while end > start + 1 and self.doc[end - 1].is_space:
            end -= 1
        if self.doc[end - 1].text in (",", ";", ":", "(", "–", "—", "-") and end > start + 1:
            end -= 1
        return self.doc[start].idx, self.doc[end - 1].idx + len(self.doc[end - 1].text)

    def cues_beside(self, tokens: Mapping[int, float]) -> Features:
        """The cues in the sentence that weighed most, by group, negated or not, and by their words."""
        peak = max(tokens, key=lambda token: tokens[token])
        found: Features = {}
        for cue in self.cues.get(self.sentence_of[peak], ()):
            found[f"group {'not ' if self.negated(cue) else ''}{cue.label_}"] = 1.0
            found[f"cue {cue.label_} {cue.text.lower()}"] = 1.0
        return found

    def negated(self, cue: "DocSpan") -> bool:
        """Whether a negation stands in the six tokens before a cue, within its clause."""
        for place in range(cue.start - 1, max(cue.start - 7, -1), -1):
            if self.is_edge(place) or self.doc[place].text == ",":
                return False
            if self.doc[place].norm_ in _NEGATION_NORMS:
                return True
        return False


def _inside(hit: "DocSpan", quotes: Sequence[text_.Span]) -> bool:
    return any(start <= hit.start_char and hit.end_char <= end for start, end in quotes)


_TIMES = ("past", "present", "future")
_SEEN = {
    "stance": ("read favor", "read against", "read mixed"),
    "conditional": ("read condition", "group condition", "group not condition", "cue condition "),
    "timeframe": (
        "read no time",
        *(f"{kind} {time}" for kind in ("group", "group not", "cue", "read") for time in _TIMES),
    ),
}
"""How the names of the features begin that each classifier is shown."""


def seen_by(name: str, features: Features) -> Features:
    """The features that a classifier (`stance`, `conditional`, `timeframe`) is shown, and one that is always there."""
    return {"bias": 1.0, **{key: value for key, value in features.items() if key.startswith(_SEEN[name])}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifiers:
    """The three questions put to a candidate: which stance, on a condition or not, which time."""

    stance: Classifier
    conditional: Classifier
    timeframe: Classifier

    def probabilities(self, candidate: Candidate) -> dict[Label, float]:
        """The calibrated probability of each label."""
        scores = self._scores([candidate])[1][0]
        return {Label(name): float(score) for name, score in zip(self.stance.classes_, scores, strict=True)}

    def odds(self, candidate: Candidate) -> dict[Label, float]:
        """What labels are chosen by: their probabilities with the weights of training."""
        scores = self._scores([candidate])[0][0]
        return {Label(name): float(score) for name, score in zip(self.stance.classes_, scores, strict=True)}

    def _scores(self, candidates: Sequence[Candidate]) -> tuple["np.ndarray", "np.ndarray"]:
        """The labels' probabilities with the weights of training, and without; what was not read holds no stance."""
        weighted = self.stance.predict_proba([seen_by("stance", candidate.features) for candidate in candidates])
        plain = weighted / [NONE_WEIGHT if name == Label.NONE else 1.0 for name in self.stance.classes_]
        plain /= plain.sum(axis=1, keepdims=True)
        unread = [not candidate.features for candidate in candidates]
        for scores in (weighted, plain):
            scores[unread] = [1 - UNLIKELY if name == Label.NONE else UNLIKELY / 3 for name in self.stance.classes_]
        return weighted, plain

    def stances(
        self, candidates: Sequence[Candidate], *, min_score: float = 0.0, none_too: bool = False
    ) -> list[Stance]:
        """The stances that candidates hold, the likeliest label of each; `none` is left out unless asked for.

        Labels are chosen with the weights of training; the score undoes them (Elkan, IJCAI 2001), so that it is the
        probability at which the label occurs.
        """
        if not candidates:
            return []
        stance, scores = self._scores(candidates)
        conditional, timeframe = (
            getattr(self, name).predict_proba([seen_by(name, candidate.features) for candidate in candidates])
            for name in ("conditional", "timeframe")
        )
        labels, yes = list(self.stance.classes_), list(self.conditional.classes_).index("True")
        found = []
        for row, candidate in enumerate(candidates):
            best = int(stance[row].argmax())
            label, score = Label(labels[best]), float(scores[row][best])
            if (label is Label.NONE and not none_too) or score < min_score:
                continue
            time = str(self.timeframe.classes_[int(timeframe[row].argmax())])
            found.append(
                Stance(
                    comment_id=candidate.comment_id,
                    activity=candidate.activity,
                    stance=label,
                    conditional=label is not Label.NONE and bool(conditional[row][yes] >= CONDITIONAL_FROM),
                    timeframe=None if time == "null" or label is Label.NONE else Timeframe(time),
                    score=round(score, 4),
                    span=candidate.span,
                )
            )
        return found
