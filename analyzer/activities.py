"""Which marketing activities there are, and where a text names them: taxonomy and cues from TOML, matched by spaCy."""

import importlib.resources
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer.errors import ReadError, TaxonomyError
from analyzer.text import fold

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc, Span, Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One activity and the terms that name it.

    `lemmas` match in any inflection, `phrases` as written but for case and accents; a term inside one of
    `excluded` (the file's `not`) does not count.
    """

    id: str
    name: Mapping[str, str]
    covers: str
    lemmas: tuple[str, ...]
    phrases: tuple[str, ...]
    excluded: tuple[str, ...]


def load(path: str | Path | None = None) -> tuple[Activity, ...]:
    """The activities of a TOML file, in its order; without a path the taxonomy that comes with the program.

    Raises `TaxonomyError` where the file does not hold together.

    >>> [activity.id for activity in load()][:2]
    ['strategy', 'content_creation']
    """
    try:
        raw = Path(path).read_bytes() if path else _data("activities.toml").read_bytes()
    except OSError as error:
        raise ReadError(f"{path}: {(error.strerror or str(error)).lower()}", hint="check the path") from error
    where = str(path or "activities.toml")
    try:
        tables = tomllib.loads(raw.decode("utf-8")).get("activity")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TaxonomyError(
            f"{where}: not TOML: {error}", hint="see `analyzer activities --toml` for one that is"
        ) from error
    if not isinstance(tables, list) or not tables:
        raise TaxonomyError(f"{where}: no [[activity]] in it", hint="see `analyzer activities --toml` for an example")
    activities = tuple(_activity(table, f"{where}, activity {place}") for place, table in enumerate(tables, 1))
    _check(activities, where)
    return activities


def default_toml() -> str:
    """The text of the taxonomy that comes with the program, to start one's own from."""
    return str(_data("activities.toml").read_text(encoding="utf-8"))


def load_cues() -> dict[str, list[str]]:
    """The wording that tells stances, conditions, times and agreement, by group, from `data/cues.toml`."""
    raw = _data("cues.toml").read_text(encoding="utf-8")
    return {group: table["words"] for group, table in tomllib.loads(raw).items()}


def _data(name: str) -> Any:
    return importlib.resources.files("analyzer") / "data" / name


def _activity(table: Any, where: str) -> Activity:
    known = {"id", "name", "covers", "lemmas", "phrases", "not"}
    if not isinstance(table, dict) or not isinstance(table.get("id"), str):
        raise TaxonomyError(f"{where}: no id", hint='write id = "seo"')
    where = f"{where} ({table['id']})"
    if unknown := set(table) - known:
        raise TaxonomyError(
            f"{where}: unknown key {', '.join(sorted(unknown))}", hint=f"keys are: {', '.join(sorted(known))}"
        )
    terms: dict[str, tuple[str, ...]] = {}
    for key in ("lemmas", "phrases", "not"):
        values = table.get(key, [])
        if not isinstance(values, list) or not all(isinstance(value, str) and value.strip() for value in values):
            raise TaxonomyError(f"{where}: {key} must be a list of texts", hint=f'write {key} = ["i testi", "post"]')
        terms[key] = tuple(values)
    name = table.get("name", table["id"])
    return Activity(
        id=table["id"],
        name=name if isinstance(name, dict) else {"it": str(name), "en": str(name)},
        covers=str(table.get("covers", "")),
        lemmas=terms["lemmas"],
        phrases=terms["phrases"],
        excluded=terms["not"],
    )


def _check(activities: tuple[Activity, ...], where: str) -> None:
    owner: dict[str, str] = {}
    ids: set[str] = set()
    for activity in activities:
        if activity.id in ids:
            raise TaxonomyError(f"{where}: activity {activity.id} stands twice")
        ids.add(activity.id)
        if not activity.lemmas and not activity.phrases:
            raise TaxonomyError(f"{where}: {activity.id} has no term", hint="give it lemmas or phrases")
        for term in (*activity.lemmas, *activity.phrases):
            if (other := owner.setdefault(term.lower(), activity.id)) != activity.id:
                raise TaxonomyError(f"{where}: {term!r} names both {other} and {activity.id}", hint="keep it in one")


class PhraseIndex:
    """Finds phrases of several labels in a Doc at once, as written (folded) or by lemma.

    With `inflected`, the words of `lemmas` may stand there in any form; without, they are dictionary forms already,
    and *avevamo* does not come to match every form of *avere*.

    >>> from analyzer.nlp import blank
    >>> nlp = blank({"inserzioni": "inserzione"})
    >>> index = PhraseIndex(nlp, lemmas={"advertising": ["inserzione"]}, phrases={"seo": ["SEO"]})
    >>> [(span.text, span.label_) for span in index.find(nlp("Le inserzioni o la seo?"))]
    [('inserzioni', 'advertising'), ('seo', 'seo')]
    """

    def __init__(
        self,
        nlp: "Language",
        *,
        lemmas: Mapping[str, Iterable[str]],
        phrases: Mapping[str, Iterable[str]],
        inflected: bool = True,
    ) -> None:
        from spacy.matcher import PhraseMatcher

        from analyzer.nlp import light

        self._matchers = []
        for attribute, terms in (("LEMMA", lemmas), ("NORM", phrases)):
            matcher = PhraseMatcher(nlp.vocab, attr=attribute)
            for label, texts in terms.items():
                docs = [doc for doc in light(nlp, texts) if len(doc)]
                if not inflected:
                    for token in (token for doc in docs for token in doc):
                        token.lemma_ = token.norm_
                if docs:
                    matcher.add(label, docs)
            self._matchers.append(matcher)

    def find(self, doc: "Doc") -> list["Span"]:
        """Every match as a labelled span, in the order of the text, longer ones first."""
        found = {
            (span.start, span.end, span.label_): span
            for matcher in self._matchers
            for span in matcher(doc, as_spans=True)
        }
        return sorted(found.values(), key=lambda span: (span.start, -span.end))


def exchanged(word: str) -> set[str]:
    """A word as it is mistyped with two neighbouring letters exchanged, from six letters on; the first one stays.

    >>> sorted(exchanged("server"))
    ['serevr', 'servre', 'sevrer', 'srever']
    """
    if len(word) < 6 or not word.isalpha():
        return set()
    return {word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(1, len(word) - 1)} - {word}


class ActivityIndex:
    """Finds where a Doc names the activities of a taxonomy, a single word also with two letters exchanged."""

    def __init__(self, nlp: "Language", activities: tuple[Activity, ...]) -> None:
        self.activities = activities
        self._rank = {activity.id: place for place, activity in enumerate(activities)}
        self._terms = PhraseIndex(
            nlp,
            lemmas={activity.id: activity.lemmas for activity in activities},
            phrases={activity.id: activity.phrases for activity in activities},
        )
        self._excluded = PhraseIndex(
            nlp, lemmas={}, phrases={activity.id: activity.excluded for activity in activities}
        )
        self._misspelt = {
            wrong: (activity.id, term)
            for activity in activities
            for term in (*activity.lemmas, *activity.phrases)
            if " " not in term
            for wrong in exchanged(fold(term))
        }

    def spelt(self, token: "Token") -> str:
        """A token's text, or the term that it is with two letters exchanged."""
        if token.norm_ not in self._misspelt:
            return token.text
        _, term = self._misspelt[token.norm_]
        return term.capitalize() if token.text[0].isupper() else term

    def find(self, doc: "Doc") -> list["Span"]:
        """The spans that name an activity, labelled with its id, in order, none overlapping: the longest wins."""
        from spacy.tokens import Span

        excluded: dict[str, list[Span]] = {}
        for span in self._excluded.find(doc):
            excluded.setdefault(span.label_, []).append(span)
        taken = [False] * len(doc)
        kept: list[Span] = []
        misspelt = [
            Span(doc, token.i, token.i + 1, label=self._misspelt[token.norm_][0])
            for token in doc
            if token.norm_ in self._misspelt
        ]
        by_length = sorted(
            [*self._terms.find(doc), *misspelt], key=lambda span: (-len(span), self._rank[span.label_], span.start)
        )
        for span in by_length:
            inside = any(out.start <= span.start and span.end <= out.end for out in excluded.get(span.label_, ()))
            if not inside and not any(taken[span.start : span.end]):
                taken[span.start : span.end] = [True] * len(span)
                kept.append(span)
        return sorted(kept, key=lambda span: span.start)
