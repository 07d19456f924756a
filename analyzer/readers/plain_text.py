"""A thread pasted from a page: post and comments in one column, with or without lines that say who writes.

Where the page's *Anna ha scritto:* lines are there, they part the comments and name the authors. Where they are not,
the text itself is gone by: a post ends where it asks its readers; a line that is only a name and a comma, or begins
with an @, opens a comment; a line that is only a name and a full stop closes one. Authors are then inferred, and each
inferred author carries its reason: a signature; whoever answers several readers is the host; a name addressed as the
host's; and, nobody naming themselves and everybody named having written before, the only way to give the names that
are left to the comments that are left. What cannot be told stays without an author.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from analyzer.names import CITED_AFTER, CITED_BEFORE, CITED_DIRECTLY, GREETING, MENTION, NAME, NOT_NAMES, is_name
from analyzer.readers.source import Include, Loss, Reader, Source
from analyzer.text import clean, from_plain, name_key, parse_date
from analyzer.thread import POST, Author, Comment, Thread

_HEADER = re.compile(
    r"(?:\d{1,3}[.)]\s+|Da:?\s+)?(?P<name>[^\n:.,;!?«»\"]{2,60}?)\s+"
    r"(?:ha (?:detto|scritto|commentato)|scrive|dice|says|wrote|said)"
    r"(?:\s+(?:il|on)?\s*(?P<date>\d[^:\n]*\d(?::\d\d)*[^:\n]*?))?\s*[:.…]*",
    re.I,
)
_DATED_NAME = re.compile(rf"(?P<name>{NAME})\s*[-–—|·]\s*(?P<date>\d[^\n]{{5,40}})")
_OPENER = re.compile(rf"(?:(?:{GREETING}|x|per|a)\s+)?(?P<name>{NAME}),", re.I)
_BARE_OPENER = re.compile(rf"(?P<name>{NAME}),")
_AT_OPENER = re.compile(rf"@\s?(?P<name>\w[\w.'’-]*(?: {NAME})?)\s*[,:]")
_SIGNATURE = re.compile(rf"(?:[-–—]\s*)?(?P<name>{NAME})\.")
_DASHED_SIGNATURE = re.compile(rf"[-–—]\s*(?P<name>{NAME})\.?")
_SEPARATOR = re.compile(r"\s*(?:[-–—_=*~#]\s*){3,}")
_ASKS_READERS = re.compile(
    r"\b(?:voi|vostr[aeio]|pensate|dite|avete|fate|fareste|credete|siete|raccontate\w*|scrivete\w*|commentate)\b", re.I
)
_POST_PLACE = -1  # a name may be that of the post's author, while that one is unknown
_MOST_NAMES = 8  # how many names the assignment tries to place; more have too many ways to be unambiguous


@dataclass
class _Draft:
    """A comment in the making: its lines, and who is known to have written it."""

    lines: list[str] = field(default_factory=list)
    author: Author | None = None
    created: datetime | None = None
    addressed: str | None = None
    at_sign: bool = False

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


def _sniff(source: Source) -> bool:
    head = source.head_text()
    if b"\0" in source.head or head.lstrip().startswith(("<", "{", "[")):
        return False
    printable = sum(character.isprintable() or character.isspace() for character in head)
    return any(character.isalpha() for character in head) and printable > 0.97 * len(head)


def _read(source: Source, loss: Loss, include: Include) -> Iterator[Thread]:
    with source.open_text() as file:
        lines = clean(file.read()).split("\n")
    post, drafts, explicit = _with_headers(lines) or _without_headers(lines)
    if not explicit:
        _infer_authors(post, drafts)
    comments: list[Comment] = []
    for draft in drafts:
        loss.found += 1
        text, quotes = from_plain(draft.text)
        if not text:
            loss.left_out["empty"] += 1
            continue
        loss.kept += 1
        comments.append(
            Comment(id=f"c{loss.found}", author=draft.author, created=draft.created, text=text, quotes=quotes)
        )
    if not comments:
        loss.notes.append("no comment could be told from the post")
        return
    inferred = sum(comment.author is not None and comment.author.inferred is not None for comment in comments)
    if not explicit:
        unknown = sum(comment.author is None for comment in comments)
        loss.notes.append(f"no author lines: {inferred} authors inferred, {unknown} unknown")
    text, quotes = from_plain(post.text)
    yield Thread.assemble(
        id=source.stem,
        post=Comment(id=POST, author=post.author, text=text, quotes=quotes),
        comments=comments,
    )


def _with_headers(lines: list[str]) -> tuple[_Draft, list[_Draft], bool] | None:
    """Post and comments where lines name the authors, else None."""
    post, drafts = _Draft(), list[_Draft]()
    skip = False
    for here, following in zip(lines, [*lines[1:], ""], strict=True):
        if skip:
            skip = False
            continue
        match = _HEADER.fullmatch(here.strip()) or _dated_name(here.strip())
        date_below = len(following) < 60 and parse_date(following) is not None
        if match or (is_name(here.strip()) and date_below):
            name, date = (match["name"], match["date"]) if match else (here, None)
            created = parse_date(date) or (parse_date(following) if date_below else None)
            skip = date_below
            drafts.append(_Draft(author=Author.named(name), created=created))
        elif not _SEPARATOR.fullmatch(here):
            (drafts[-1] if drafts else post).lines.append(here)
    return (post, drafts, True) if drafts else None


def _dated_name(line: str) -> re.Match[str] | None:
    """A line such as *Mario Rossi - 12 marzo 2011*, which heads a comment."""
    match = _DATED_NAME.fullmatch(line)
    return match if match and is_name(match["name"]) and parse_date(match["date"]) else None


def _without_headers(lines: list[str]) -> tuple[_Draft, list[_Draft], bool]:
    """Post and comments as the wording parts them."""
    blocks: list[_Draft] = [_Draft()]
    for line in lines:
        stripped = line.strip()
        if _SEPARATOR.fullmatch(stripped):
            blocks.append(_Draft())
            continue
        if opener := _opener(stripped):
            name, at_sign = opener
            if blocks[-1].text.strip():
                blocks.append(_Draft())
            blocks[-1].addressed, blocks[-1].at_sign = name, at_sign
        blocks[-1].lines.append(line)
        signature = _SIGNATURE.fullmatch(stripped) or _DASHED_SIGNATURE.fullmatch(stripped)
        if signature and is_name(signature["name"]) and len(blocks[-1].lines) > 1:
            blocks[-1].author = Author.named(signature["name"], inferred="signs the comment")
            blocks.append(_Draft())
    blocks = [block for block in blocks if block.text.strip()] or [_Draft()]
    first = blocks[0]
    end = _post_end(first.lines)
    if end is None or end == len(first.lines):
        return first, blocks[1:], False
    post = _Draft(lines=first.lines[:end])
    return post, [_Draft(lines=first.lines[end:], author=first.author), *blocks[1:]], False


def _opener(line: str) -> tuple[str, bool] | None:
    """Whom a line that opens a comment addresses, and whether by an @."""
    if match := _AT_OPENER.match(line):
        return match["name"], True
    match = _OPENER.fullmatch(line)
    if match and (bare := _BARE_OPENER.search(line)) and is_name(bare["name"]):
        return bare["name"], False
    return None


def _post_end(lines: list[str]) -> int | None:
    """How many lines the post has: up to the last that asks the readers, else the last that asks at all."""
    asking = [place for place, line in enumerate(lines, 1) if line.rstrip().endswith("?")]
    asks_readers = [place for place in asking if _ASKS_READERS.search(re.split(r"[.!?]\s", lines[place - 1])[-1])]
    return max(asks_readers or asking, default=None)


def _infer_authors(post: _Draft, drafts: list[_Draft]) -> None:
    """Gives authors to post and comments where the text leaves one way only; see the module's first lines."""
    names: dict[str, str] = {}  # name key -> the name as first written with a capital
    named_in: dict[str, list[int]] = {}
    for place, draft in enumerate(drafts):
        found = [match["handle"] for match in MENTION.finditer(draft.text)]
        found += [] if draft.addressed is None or draft.at_sign else [draft.addressed]
        for name in [*found, *_cited(draft.text)]:
            key = name_key(name)
            if key and key not in NOT_NAMES:
                names[key] = name if name[0].isupper() or key not in names else names[key]
                named_in.setdefault(key, []).append(place)
    signed = {draft.author.id for draft in drafts if draft.author}

    answering = [draft for draft in drafts if draft.at_sign and draft.author is None]
    hosts = answering if len({name_key(draft.addressed or "") for draft in answering}) > 1 else []
    addressed = {
        name_key(draft.addressed): place
        for place, draft in reversed(list(enumerate(drafts)))
        if draft.addressed and not draft.at_sign and name_key(draft.addressed) not in signed
    }
    host_key = next(iter(addressed)) if len(addressed) == 1 and (hosts or 0 in addressed.values()) else None
    hosts = [draft for draft in hosts if name_key(draft.addressed or "") != host_key]
    if host_key is not None:
        reason = f"addressed as the host in c{addressed[host_key] + 1}"
        post.author = Author.named(names[host_key], inferred=reason)
        for draft in hosts:
            draft.author = Author.named(names[host_key], inferred="answers several readers, so the host")

    left = [key for key in names if key not in signed and key != host_key]
    free = [place for place, draft in enumerate(drafts) if draft.author is None and draft not in hosts]
    if post.author is None:
        free.append(_POST_PLACE)
    for place, key in _only_way(left, free, named_in).items():
        if place != _POST_PLACE:
            name = names[key][0].upper() + names[key][1:]
            reason = f"the only comment left that {name}, named in c{named_in[key][0] + 1}, can have written"
            drafts[place].author = Author.named(name, inferred=reason)


def _cited(text: str) -> list[str]:
    """Names that a text gives in the third person: *concordo con Anna*, *come dice Anna*, *Anna ha ragione*."""
    found = []
    for match in re.finditer(rf"(?<![@\w]){NAME}", text):
        before = text[max(0, match.start() - 80) : match.start()]
        cited = CITED_BEFORE.search(before) or CITED_DIRECTLY.search(before) or CITED_AFTER.match(text, match.end())
        starts_sentence = not before or before.rstrip(" ")[-1:] in (".", "!", "?", "\n", ":")
        if cited and is_name(match.group()) and not (starts_sentence and not CITED_AFTER.match(text, match.end())):
            found.append(match.group())
    return found


def _only_way(names: list[str], free: list[int], named_in: dict[str, list[int]]) -> dict[int, str]:
    """Comment → name for the pairs that stand in every assignment of the names to distinct free comments.

    A name's comment stands before the first that names it, and does not name it.
    """
    if not names or len(names) > min(_MOST_NAMES, len(free)):
        return {}
    ways: list[dict[int, str]] = []

    def place(todo: list[str], used: dict[int, str]) -> None:
        if not todo:
            ways.append(dict(used))
            return
        for comment in free:
            if comment not in used and comment < min(named_in[todo[0]]):
                place(todo[1:], {**used, comment: todo[0]})

    place(sorted(names, key=lambda key: min(named_in[key])), {})
    if not ways:
        return {}
    return {comment: key for comment, key in ways[0].items() if all(way.get(comment) == key for way in ways)}


READER = Reader(
    name="plain-text",
    about="a thread pasted from a page; authors from its lines, else inferred and marked as inferred",
    suffixes=(".txt", ".text", ".md"),
    sniff=_sniff,
    read=_read,
)
