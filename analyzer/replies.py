"""Who answers whom: signs in the text (a parent, a mention, a vocative, a name, a quote), then the link they mean.

Signs are looked for with a table of the people who have written so far, one look-up a word, so that a thread of
thousands of comments stays linear. A comment without a sign goes by its writer's history; the shares behind those
scores were counted on 144 unsigned comments of 14 real Italian threads (see CONTRIBUTING).
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache

from analyzer.activities import load_cues
from analyzer.names import (
    ADDRESS,
    ADDRESSED,
    ADDRESSED_TO,
    AND_ALSO,
    CITED_AFTER,
    MENTION,
    NOT_NAMES,
    SHORT_FORMS,
    THIRD_PERSON,
    forms,
    words,
)
from analyzer.names import quoted as quoted_spans
from analyzer.text import Span, fold, name_key
from analyzer.thread import POST, Author, Comment, Thread


class Kind(StrEnum):
    """The strongest sign of a reply, strongest first."""

    EXPLICIT = "explicit"
    MENTION = "mention"
    VOCATIVE = "vocative"
    NAME = "name"
    QUOTE = "quote"
    NONE = "none"


class Agreement(StrEnum):
    """Whether a reply agrees with what it answers."""

    AGREE = "agree"
    DISAGREE = "disagree"
    NEUTRAL = "neutral"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """A sign that names somebody; `author_id` is None for someone outside the thread."""

    comment_id: str
    name: str
    author_id: str | None
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A link from a comment to what it answers.

    `score` is how likely the link is right: set by hand for signs in the text, counted for links without one.
    """

    comment_id: str
    to_id: str
    kind: Kind
    agreement: Agreement
    score: float
    span: Span | None


@dataclass(frozen=True, slots=True)
class _Sign:
    kind: Kind
    author_id: str
    span: Span
    sure: float


_KIND_SCORE = {Kind.MENTION: 0.97, Kind.VOCATIVE: 0.95, Kind.NAME: 0.85, Kind.QUOTE: 0.9}
_UNSIGNED_SCORE = {"first": 76 / 81, "returning": 19 / 27, "host": 25 / 36, "afterthought": 0.6}
_SHARED_NAME = 0.7  # how sure the latest of several namesakes is the one who is meant
_LONGEST_NAME = 60  # characters
_SHINGLE = 4  # words that a quote and its source share in a row
_AFTER_VOCATIVE = re.compile(r"\s*(?:[,:!.…;)\n]|[-–—]\s|\Z)")
_CLOSES_CLAUSE = re.compile(r"\s*(?:[,.!?…:;)\n]|\Z|[:;]-?[)(DP])")
_BUT = re.compile(r"\b(?:ma(?! anche)|pero)\b")
_WORD = re.compile(r"[^\W_]+")


def find(thread: Thread) -> tuple[tuple[Reply, ...], tuple[Mention, ...]]:
    """The replies of a thread, one or more for each comment, and the mentions in it, in the order of the text."""
    replies: list[Reply] = []
    mentions: list[Mention] = []
    past = _Past(thread.post)
    for comment in thread.comments:
        signs = list(_signs(comment, past, mentions))
        replies += _links(comment, signs, past)
        past.add(comment)
    return tuple(replies), tuple(mentions)


@dataclass
class _Past:
    """What has been written before the comment at hand, with the indexes by which a word finds its people."""

    post: Comment
    comments: list[Comment] = field(default_factory=list)
    by_author: dict[str, list[Comment]] = field(default_factory=dict)
    by_id: dict[str, Comment] = field(default_factory=dict)
    last_place: dict[str, int] = field(default_factory=dict)
    forms: dict[str, dict[str, float]] = field(default_factory=dict)
    shingles: dict[tuple[str, ...], str] = field(default_factory=dict)
    bags: dict[str, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.add(self.post)

    @property
    def host(self) -> str | None:
        return self.post.author.id if self.post.author else None

    def add(self, comment: Comment) -> None:
        self.comments.append(comment)
        self.by_id[comment.id] = comment
        own_words = [fold(word) for word in _WORD.findall(_unquoted(comment))]
        self.bags[comment.id] = frozenset(word for word in own_words if len(word) > 4)
        for place in range(len(own_words) - _SHINGLE + 1):
            self.shingles.setdefault(tuple(own_words[place : place + _SHINGLE]), comment.id)
        if comment.author is None:
            return
        if comment.author.id not in self.by_author:
            self._know(comment.author)
        self.by_author.setdefault(comment.author.id, []).append(comment)
        self.last_place[comment.author.id] = len(self.comments)

    def _know(self, author: Author) -> None:
        spellings = dict(forms(author.name))
        for key, sure in spellings.items():
            self.forms.setdefault(key, {})[author.id] = sure
        for short, full in SHORT_FORMS.items():
            if any(key in spellings for key in full):
                self.forms.setdefault(name_key(short), {}).setdefault(author.id, 0.7)

    def called(self, key: str, *, loosely: bool = False) -> tuple[str, float] | None:
        """The author whom a name key means, the surest and then the latest writer; None for nobody.

        `loosely` also takes a key without its digits, the start of a name and a typo: for what is certainly a name.
        """
        if found := self.forms.get(key):
            best = max(found.values())
            surest = [author for author, sure in found.items() if sure == best]
            latest = max(surest, key=lambda author: self.last_place[author])
            return latest, best if len(surest) == 1 else best * _SHARED_NAME
        if not loosely or len(key) < 3:
            return None
        if (bare := key.rstrip("0123456789")) != key and len(bare) > 2:
            return self.called(bare, loosely=True)
        starts = {author for form, found in self.forms.items() if form.startswith(key) for author in found}
        if len(starts) == 1:
            return starts.pop(), 0.75
        if len(key) < 5:
            return None
        from rapidfuzz import fuzz, process

        close = process.extract(key, [form for form in self.forms if len(form) > 4], scorer=fuzz.ratio, score_cutoff=82)
        authors = {author for form, _, _ in close for author in self.forms[form]}
        return (authors.pop(), 0.7) if len(authors) == 1 else None


def _unquoted(comment: Comment) -> str:
    """The text without its quoted spans, which are somebody else's words."""
    text, end = [], len(comment.text)
    for start, stop in reversed(comment.quotes):
        text.append(comment.text[stop:end])
        end = min(end, start)
    return "".join(reversed([*text, comment.text[:end]]))


def _signs(comment: Comment, past: _Past, mentions: list[Mention]) -> Iterator[_Sign]:
    """The signs of a comment, in order; every mention and vocative found is also noted in `mentions`."""
    text = comment.text
    own = comment.author.id if comment.author else None
    covered: set[int] = set()
    last_sign = -1
    for span in (*comment.quotes, *(match.span() for match in ADDRESS.finditer(text))):
        covered.update(range(*span))
    for match in MENTION.finditer(text):
        if match.start() in covered:
            continue
        span, found = _mentioned(text, match, past)
        last_sign = span[1]
        covered.update(range(*span))
        mentions.append(
            Mention(
                comment_id=comment.id,
                name=text[match.start("handle") : span[1]],
                author_id=found[0] if found else None,
                span=span,
            )
        )
        if found and found[0] != own:
            yield _Sign(Kind.MENTION, found[0], span, found[1])
    places = words(text)
    step = 0
    while step < len(places):
        named = None if places[step][0] in covered else _named_at(text, places[step : step + 3], past, last_sign)
        if named is None:
            step += 1
            continue
        kind, author_id, sure, span, width = named
        mentions.append(Mention(comment_id=comment.id, name=text[slice(*span)], author_id=author_id, span=span))
        if author_id != own:
            yield _Sign(kind, author_id, span, sure)
        if kind is Kind.VOCATIVE:
            last_sign = span[1]
        step += width
    yield from _quotes(comment, past)


def _named_at(
    text: str, places: Sequence[Span], past: _Past, last_sign: int
) -> tuple[Kind, str, float, Span, int] | None:
    """The person named by the first of some words, or by up to three of them: kind, author, sureness, span, words."""
    for width in range(len(places), 0, -1):
        span = (places[0][0], places[width - 1][1])
        if span[1] - span[0] > _LONGEST_NAME or (width > 1 and places[0][1] - places[0][0] < 3):
            continue
        key = name_key(text[slice(*span)])
        if found := past.called(key):
            if kind := _role(text, span, last_sign):
                return kind, *found, span, width
        elif width == 1 and _surely_addressed(text, span) and (found := past.called(key, loosely=True)):
            return Kind.VOCATIVE, *found, span, width
    return None


def _mentioned(text: str, match: re.Match[str], past: _Past) -> tuple[Span, tuple[str, float] | None]:
    """The span of an @mention, with the words of a display name that follow it, and whom it means."""
    start, end = match.start(), match.end("handle")
    for more in (2, 1):
        longer = re.compile(rf"(?: [A-ZÀ-Ý][\w'’-]+){{{more}}}").match(text, end)
        if longer and (found := past.called(name_key(match["handle"] + longer.group()))):
            return (start, longer.end()), found
    return (start, end), past.called(name_key(match["handle"]), loosely=True)


def _role(text: str, span: Span, last_sign: int) -> Kind | None:
    """What a known name does at a place of the text: addresses, is cited, or neither.

    `last_sign` is where the last person addressed ends, for *Anna e Marco, …*.
    """
    start, end = span
    before, written = text[max(0, start - 90) : start], text[start:end]
    if ADDRESSED_TO.search(before) and text[end : end + 2].strip()[:1] in (":", ","):
        return Kind.VOCATIVE
    capital = written[0].isupper()
    spoken_of = CITED_AFTER.match(text, end) or THIRD_PERSON.match(text, end)
    if ADDRESSED.search(before) and not spoken_of and not _alone_at_end(text, span):
        opens_text = not before.strip()
        if capital or opens_text or _AFTER_VOCATIVE.match(text, end):
            return Kind.VOCATIVE
    if last_sign >= 0 and AND_ALSO.fullmatch(text, last_sign, start) and _AFTER_VOCATIVE.match(text, end):
        return Kind.VOCATIVE
    if capital and before.rstrip().endswith(",") and _CLOSES_CLAUSE.match(text, end):
        return Kind.VOCATIVE
    return Kind.NAME if capital else None


def _surely_addressed(text: str, span: Span) -> bool:
    """Whether a word that is nobody's known spelling stands where only a name can: *caro Gigetto,* or *x ana:*."""
    start, end = span
    before, written = text[max(0, start - 30) : start], text[start:end]
    if len(written) < 3 or name_key(written) in NOT_NAMES or text[end : end + 1] not in (",", ":"):
        return False
    if ADDRESSED_TO.search(before):
        return True
    opens_line = before == "" or before.endswith("\n")
    greeted = re.search(r"(?:^|\n)\s*(?:car[oa]|ciao|grazie|buongiorno|salve)\s+\Z", before, re.I) is not None
    return written[0].isupper() and (opens_line or greeted)


def _alone_at_end(text: str, span: Span) -> bool:
    """Whether a name is the whole last line: then it signs, and calls nobody."""
    line_start = text.rfind("\n", 0, span[0]) + 1
    return line_start > 0 and not text[line_start : span[0]].strip(" -–—") and not text[span[1] :].strip(" .!")


def _quotes(comment: Comment, past: _Past) -> Iterator[_Sign]:
    """A sign for each passage, marked as quoted or between quotation marks, that repeats an earlier text."""
    spans = [*comment.quotes, *quoted_spans(comment.text)]
    for start, end in spans:
        quoted = [fold(word) for word in _WORD.findall(comment.text[start:end])]
        sources = Counter(
            source
            for place in range(len(quoted) - _SHINGLE + 1)
            if (source := past.shingles.get(tuple(quoted[place : place + _SHINGLE])))
        )
        if sources:
            yield _Sign(Kind.QUOTE, f"#{sources.most_common(1)[0][0]}", (start, end), 1.0)


def _links(comment: Comment, signs: Sequence[_Sign], past: _Past) -> list[Reply]:
    """One reply for each comment answered, each with its strongest sign."""
    strength = list(Kind)
    chosen: dict[str, tuple[Kind, Span | None, float]] = {}
    if comment.reply_to is not None:
        chosen[comment.reply_to] = (Kind.EXPLICIT, None, 1.0)
    parent = past.by_id.get(comment.reply_to or "")
    parent_author = parent.author.id if parent and parent.author else None
    people: dict[str, _Sign] = {}
    for sign in signs:
        if not sign.author_id.startswith("#"):
            best = people.get(sign.author_id)
            if best is None or strength.index(sign.kind) < strength.index(best.kind):
                people[sign.author_id] = sign
    quoted = {sign.author_id[1:]: sign for sign in signs if sign.author_id.startswith("#")}
    for author_id, sign in people.items():
        if author_id == parent_author:
            continue
        target = _meant(comment, author_id, quoted, past)
        chosen.setdefault(target, (sign.kind, sign.span, _KIND_SCORE[sign.kind] * sign.sure))
    own = comment.author.id if comment.author else None
    for target, sign in quoted.items():
        source = past.by_id[target].author
        if own is None or source is None or source.id != own:
            chosen.setdefault(target, (Kind.QUOTE, sign.span, _KIND_SCORE[Kind.QUOTE]))
    if not chosen:
        target, score = _unsigned(comment, past)
        chosen[target] = (Kind.NONE, None, score)
    alone = len(chosen) == 1
    return [
        Reply(
            comment_id=comment.id,
            to_id=target,
            kind=kind,
            agreement=agreement(_around(comment, span, alone), to_post=target == POST),
            score=round(score, 3),
            span=span,
        )
        for target, (kind, span, score) in chosen.items()
    ]


def _meant(comment: Comment, author_id: str, quoted: dict[str, _Sign], past: _Past) -> str:
    """Which comment of the person addressed is meant: the one quoted, the one whose words return, else the latest."""
    written = past.by_author[author_id][-12:]
    for candidate in reversed(written):
        if candidate.id in quoted:
            return candidate.id
    bag = frozenset(word for match in _WORD.findall(comment.text) if len(word := fold(match)) > 4)
    overlap = [(len(bag & past.bags[candidate.id]), place) for place, candidate in enumerate(written)]
    latest = overlap[-1][0]
    best, place = max(overlap)
    return written[place].id if best >= latest + 4 else written[-1].id


def _unsigned(comment: Comment, past: _Past) -> tuple[str, float]:
    """What a comment without any sign answers, by its writer's history.

    A first comment answers the post, an afterthought one's own comment just before; the host and returning writers
    answer the last comment by somebody else.
    """
    own = comment.author.id if comment.author else None
    previous = past.comments[-1]
    if previous.id == POST or own is None:
        return POST, _UNSIGNED_SCORE["first"]
    is_host = own == past.host
    if own not in past.by_author:
        return POST, _UNSIGNED_SCORE["first"]
    if previous.author and previous.author.id == own and not is_host:
        return previous.id, _UNSIGNED_SCORE["afterthought"]
    for earlier in reversed(past.comments):
        if earlier.author is None or earlier.author.id != own:
            return earlier.id, _UNSIGNED_SCORE["host" if is_host else "returning"]
    return POST, _UNSIGNED_SCORE["first"]


def _around(comment: Comment, span: Span | None, alone: bool) -> str:
    """The part of a comment that tells whether one of its replies agrees: the whole, or the paragraph of its sign."""
    if alone or span is None:
        return _unquoted(comment)
    start = comment.text.rfind("\n", 0, span[0]) + 1
    end = comment.text.find("\n", span[1])
    return comment.text[start : end if end >= 0 else len(comment.text)]


@cache
def _agreement_cues() -> tuple[re.Pattern[str], re.Pattern[str]]:
    cues = load_cues()
    patterns = []
    for group in ("agree", "disagree"):
        longest_first = sorted({_folded(cue) for cue in cues[group]}, key=len, reverse=True)
        patterns.append(re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, longest_first)) + r")(?!\w)"))
    return patterns[0], patterns[1]


def _folded(text: str) -> str:
    return " ".join(fold(word) for word in re.findall(r"[\w+]+['’]?", text))


def agreement(text: str, *, to_post: bool = False) -> Agreement:
    """Whether a text agrees with what it answers, by cues: those at its start weigh double.

    Between cues of equal weight the later one counts where it dissents (*hai ragione, ma …*). Without any cue, a
    *ma* or *però* in an answer to a comment is taken for dissent, which it is in half of the cases.

    >>> agreement("Sono d'accordo con te, i testi li scriviamo noi").value
    'agree'
    >>> agreement("Grazie del post!").value
    'neutral'
    """
    folded = _folded(text)
    agree, disagree = _agreement_cues()
    against = [match.span() for match in disagree.finditer(folded)]
    favour = [
        match.span()
        for match in agree.finditer(folded)
        if not any(start < match.end() and match.start() < end for start, end in against)
    ]
    weight = {True: 2, False: 1}
    score = sum(weight[start < 60] for start, _ in favour) - sum(weight[start < 60] for start, _ in against)
    if not favour and not against:
        return Agreement.DISAGREE if _BUT.search(folded) and not to_post else Agreement.NEUTRAL
    if score == 0:
        return Agreement.DISAGREE if min(against)[0] > min(favour)[0] else Agreement.NEUTRAL
    return Agreement.AGREE if score > 0 else Agreement.DISAGREE
