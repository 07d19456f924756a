"""Who would hand which activity outside: candidates, their features, and what a classifier makes of them.

A candidate is an activity that a comment brings up. Its features are read off the sentences that name the activity,
with the activity's own words masked, so that what is learnt about one holds for all. The classifier labels it favor,
against, mixed or none; the sentence, or clause of a long one, that by itself speaks most for the label is the evidence.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from analyzer import text as text_
from analyzer.activities import WHOLE, ActivityIndex, PhraseIndex
from analyzer.names import quoted
from analyzer.thread import POST, Comment

if TYPE_CHECKING:
    import numpy as np
    from spacy.language import Language
    from spacy.tokens import Doc
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
    """An activity that a comment brings up: its features, and those of each clause that could be the evidence."""

    comment_id: str
    activity: str
    features: Features
    clauses: tuple[tuple[text_.Span, Features], ...]


class Classifier(Protocol):
    """Any scikit-learn estimator over feature dicts that gives probabilities."""

    classes_: Sequence[str]

    def predict_proba(self, features: Sequence[Features]) -> "np.ndarray": ...


NONE_WEIGHT = 0.4
"""What a `none` weighs in training against a stance."""

_CUE_GROUPS_APART = ("agree", "disagree", "thanks")  # they speak of replies
_AS_WRITTEN_GROUPS = ("past", "present", "future")  # here the form is the sign
_CLAUSE_EDGE = re.compile(r"[;:()–—\n]|\.\.+|…")
_QUESTION_END = re.compile(r"\?[\s»”\"'’).!?]*\Z")
_CONTRAST_NORMS = frozenset({"ma", "pero", "invece", "mentre", "tuttavia", "anzi"})
_NEGATION_NORMS = frozenset(
    {"non", "mai", "ne", "neanche", "nemmeno", "nessuno", "nessun", "nessuna", "senza", "neppure"}
)
_WINDOW = 7  # tokens on each side of an activity whose n-grams are features
_OWN_WEIGHT = 3.0  # of a question, of the post, and of cue groups in an activity's own stretch, against any one word
_BARE = 3  # words beside the activity's own up to which a sentence only brings it up
_FOLLOWING = 1  # sentences without any activity that still speak of the one before
_LONGEST_EVIDENCE = 220  # characters up to which a whole sentence serves as evidence


class Extractor:
    """Makes candidates from comments; holds pipeline and indexes of activities and cues, built once for a model."""

    def __init__(self, nlp: "Language", activities: ActivityIndex, cues: Mapping[str, Iterable[str]]) -> None:
        self._nlp = nlp
        self._activities = activities
        words = {group: list(cue) for group, cue in cues.items() if group not in _CUE_GROUPS_APART}
        by_lemma = {group: cue for group, cue in words.items() if group not in _AS_WRITTEN_GROUPS}
        self._cues = PhraseIndex(nlp, lemmas=by_lemma, phrases=words, inflected=False)

    def candidates(self, comments: Sequence[Comment]) -> list[list[Candidate]]:
        """For each comment one candidate for each activity that it names outside its quotes, in the taxonomy's order.

        Only the comments that name one are parsed.
        """
        from analyzer.nlp import light, parsed

        docs = light(self._nlp, (comment.text for comment in comments))
        named = [place for place, doc in enumerate(docs) if self._mark(doc)]
        found: list[list[Candidate]] = [[] for _ in comments]
        for place, doc in zip(named, parsed(self._nlp, [docs[place] for place in named]), strict=True):
            found[place] = self._of_one(comments[place], doc)
        return found

    def _mark(self, doc: "Doc") -> bool:
        """Whether a light Doc names an activity; what it names, and the cues beside it, become its spans."""
        from spacy.util import filter_spans

        doc.spans["activities"] = self._activities.find(doc)
        if not doc.spans["activities"]:
            return False
        doc.spans["cues"] = filter_spans(self._cues.find(doc))
        return True

    def _of_one(self, comment: Comment, doc: "Doc") -> list[Candidate]:
        quotes = (*comment.quotes, *quoted(comment.text))
        view = _View(doc, list(doc.spans["activities"]), list(doc.spans["cues"]), quotes)
        return [
            view.candidate(comment, activity.id) for activity in self._activities.activities if view.names(activity.id)
        ]


class _View:
    """A comment as its sentences and clauses, with what stands in each."""

    def __init__(self, doc: "Doc", hits: list["DocSpan"], cues: list["DocSpan"], quotes: Sequence[text_.Span]) -> None:
        from analyzer.nlp import sentences

        self.doc = doc
        self.sentences = sentences(doc)
        self.sentence_of = [0] * len(doc)
        for number, (start, end) in enumerate(self.sentences):
            self.sentence_of[start:end] = [number] * (end - start)
        self.hits = self.narrower_wins([hit for hit in hits if not _inside(hit, quotes)])
        self.mask = [""] * len(doc)
        for hit in self.hits:
            self.mask[hit.start : hit.end] = [hit.label_] * len(hit)
        self.cues: dict[int, list[DocSpan]] = {}
        for cue in cues:
            self.cues.setdefault(self.sentence_of[cue.start], []).append(cue)
        self.edges_of: dict[int, list[int]] = {}
        self.named_in: dict[int, set[str]] = {}
        for hit in self.hits:
            self.named_in.setdefault(self.sentence_of[hit.start], set()).add(hit.label_)

    def narrower_wins(self, hits: list["DocSpan"]) -> list["DocSpan"]:
        """The hits without those of social media as a whole in a sentence that names a narrower activity."""
        narrow = {self.sentence_of[hit.start] for hit in hits if hit.label_ != WHOLE}
        return [hit for hit in hits if hit.label_ != WHOLE or self.sentence_of[hit.start] not in narrow]

    def names(self, activity: str) -> bool:
        return any(hit.label_ == activity for hit in self.hits)

    def candidate(self, comment: Comment, activity: str) -> Candidate:
        own = [hit for hit in self.hits if hit.label_ == activity]
        units = list(dict.fromkeys(self.unit(hit) for hit in own))
        clauses = [
            (self.characters(clause), self.features(activity, [clause]))
            for unit in units
            for clause in self.clauses(unit)
        ]
        features = self.features(activity, units)
        features["is post"] = _OWN_WEIGHT * (comment.id == POST)
        features["units"] = min(len(units), 4) / 4
        return Candidate(comment_id=comment.id, activity=activity, features=features, clauses=tuple(clauses))

    def clauses(self, unit: tuple[int, int]) -> list[tuple[int, int]]:
        """The passages of a unit that could each be the evidence: what lies in one sentence."""
        spoken = self.sentences[self.sentence_of[unit[0]] : self.sentence_of[unit[1] - 1] + 1]
        return [(max(start, unit[0]), min(end, unit[1])) for start, end in spoken]

    def unit(self, hit: "DocSpan") -> tuple[int, int]:
        """The tokens that speak of a hit: its sentence, or its clause where that is long, and what follows on it.

        The next sentence still speaks of an activity where it names none.
        """
        number = self.sentence_of[hit.start]
        start, end = self.sentences[number]
        if self.doc[start:end].end_char - self.doc[start].idx > _LONGEST_EVIDENCE:
            edges = self.edges(number)
            start = edges[bisect_right(edges, hit.start) - 1]
            right = edges[bisect_left(edges, hit.end)]
            if right < end:
                return start, right
        for following in range(number + 1, min(number + 1 + _FOLLOWING, len(self.sentences))):
            if self.named_in.get(following):
                break
            end = self.sentences[following][1]
        return start, end

    def edges(self, number: int) -> list[int]:
        """Where the clauses of a sentence begin, and where it ends."""
        if number not in self.edges_of:
            start, end = self.sentences[number]
            inside = [place + 1 for place in range(start, end) if self.is_edge(place)]
            self.edges_of[number] = [start, *inside, end]
        return self.edges_of[number]

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

    def features(self, activity: str, units: Sequence[tuple[int, int]]) -> Features:
        """What a classifier is told of an activity in some units of the comment."""
        found: Features = {"bias": 1.0}
        for start, end in units:
            home_end = self.home_end(start, end)
            stretches = self.stretches(activity, start, home_end)
            self.words(activity, stretches, (home_end, end), found)
            self.signs(activity, (start, home_end, end), stretches, found)
        return found

    def words(
        self, activity: str, stretches: Sequence[tuple[int, int]], after: tuple[int, int], found: Features
    ) -> None:
        """Lemmas of the activity's own stretch and of what follows it, and n-grams of it, its own words masked."""
        for left, right in stretches:
            tokens = list(self.masked(activity, left, right))
            for one, two in zip(["^", *tokens], tokens, strict=False):
                found[f"o {two}"] = 1.0
                found[f"b {one} {two}"] = 1.0
            for place in (place for place, lemma in enumerate(tokens) if lemma == "ACT"):
                for distance in range(1, _WINDOW):
                    if place - distance >= 0:
                        found[f"l {tokens[place - distance]}"] = 1.0
                    if place + distance < len(tokens):
                        found[f"r {tokens[place + distance]}"] = 1.0
        for lemma in self.masked(activity, *after):
            found[f"n {lemma}"] = 1.0

    def masked(self, activity: str, start: int, end: int) -> Iterator[str]:
        last = ""
        for place in range(start, end):
            token = self.doc[place]
            if token.is_space or token.text in ("'", "’"):
                continue
            mark = self.mask[place]
            lemma = "ACT" if mark == activity else "OTHER" if mark else text_.fold(token.lemma_)
            if not (mark and lemma == last):
                yield lemma
            last = lemma if mark else ""

    def signs(
        self,
        activity: str,
        unit: tuple[int, int, int],
        stretches: Sequence[tuple[int, int]],
        found: Features,
    ) -> None:
        """Cue groups in the activity's own stretch of the unit, beside and after it, negated or not; questions."""
        start, home_end, end = unit
        number, last = self.sentence_of[start], self.sentence_of[end - 1]
        owned = {place for left, right in stretches for place in range(left, right)}
        for sentence in range(number, last + 1):
            if self.asks(sentence):
                continue
            for cue in self.cues.get(sentence, ()):
                if not start <= cue.start < end:
                    continue
                place = "next" if cue.start >= home_end else "own" if cue.start in owned else "beside"
                name = f"{place} {'not ' if self.negated(cue) else ''}{cue.label_}"
                weight = _OWN_WEIGHT if place == "own" else 1.0
                found[name] = min(found.get(name, 0.0) + weight, 2 * weight)
                if place == "own":
                    found[f"cue {cue.label_} {cue.text.lower()}"] = 1.0
        found["question"] = max(found.get("question", 0.0), _OWN_WEIGHT * self.asks(number))
        found["question after"] = float(last + 1 < len(self.sentences) and self.asks(last + 1))
        others = {label for label in self.named_in.get(number, ()) if label != activity}
        found["others"] = min(len(others), 3) / 3
        found["length"] = min(len(self.doc[start:end].text), 400) / 400

    def asks(self, sentence: int) -> bool:
        """Whether a sentence is a question, whose cues say nothing of what the author holds."""
        return _QUESTION_END.search(self.doc[slice(*self.sentences[sentence])].text) is not None

    def home_end(self, start: int, end: int) -> int:
        """Where the sentence that names the activity ends; one that only brings it up (*I testi?*) goes on."""
        stop = min(end, self.sentences[self.sentence_of[start]][1])
        rest = sum(self.doc[place].is_alpha and not self.mask[place] for place in range(start, stop))
        return end if rest <= _BARE else stop

    def stretches(self, activity: str, start: int, end: int) -> list[tuple[int, int]]:
        """The parts of some tokens that belong to an activity: from its clause to the clause of the next other one."""
        edges = (place + 1 for place in range(start, end) if self.is_edge(place) or self.doc[place].text == ",")
        cuts = [start, *edges, end]
        found = []
        other: int | None = None
        for hit in reversed(self.hits):
            if not start <= hit.start < end:
                continue
            if hit.label_ != activity:
                other = hit.start
                continue
            left = cuts[bisect_right(cuts, hit.start) - 1]
            right = end if other is None else cuts[bisect_right(cuts, other) - 1]
            found.append((left, right if other is None or right > hit.start else other))
        return found[::-1]

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


def of_condition(features: Features) -> Features:
    """The features that tell whether a position is conditional: the cues of conditions in the same sentences.

    On all features the few conditional stances of a small corpus cannot be learnt (cross-validated F1 .16).
    """
    kept = {
        name: value
        for name, value in features.items()
        if name.startswith(("own ", "beside ", "cue ")) and " condition" in name
    }
    return {"bias": 1.0, **kept}


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifiers:
    """The three questions put to a candidate: which stance, on a condition or not, which time."""

    stance: Classifier
    conditional: Classifier
    timeframe: Classifier

    def stances(
        self, candidates: Sequence[Candidate], *, min_score: float = 0.0, none_too: bool = False
    ) -> list[Stance]:
        """The stances that candidates hold, the likeliest label of each; `none` is left out unless asked for.

        Labels are chosen with the weights of training; the score undoes them (Elkan, IJCAI 2001), so that it is the
        probability at which the label occurs.
        """
        if not candidates:
            return []
        features = [candidate.features for candidate in candidates]
        stance = self.stance.predict_proba(features)
        conditional = self.conditional.predict_proba([of_condition(found) for found in features])
        timeframe = self.timeframe.predict_proba(features)
        labels, yes = list(self.stance.classes_), list(self.conditional.classes_).index("True")
        scores = stance / [NONE_WEIGHT if label == Label.NONE else 1.0 for label in labels]
        scores /= scores.sum(axis=1, keepdims=True)
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
                    conditional=label is not Label.NONE and bool(conditional[row][yes] >= 0.5),
                    timeframe=None if time == "null" or label is Label.NONE else Timeframe(time),
                    score=round(score, 4),
                    span=self.evidence(candidate, best),
                )
            )
        return found

    def evidence(self, candidate: Candidate, label: int) -> text_.Span:
        """The clause that by itself speaks most for a label (its place among the classifier's classes)."""
        if len(candidate.clauses) == 1:
            return candidate.clauses[0][0]
        scores = self.stance.predict_proba([features for _, features in candidate.clauses])[:, label]
        return candidate.clauses[int(scores.argmax())][0]
