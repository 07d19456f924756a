"""A comment thread as a value: built once by a reader, compared with `==`, written to JSON and read back equal."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from analyzer.errors import ThreadError
from analyzer.text import Span, from_plain, name_key, parse_date, quoted_lines

POST = "post"


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Someone who writes. `inferred` is None where the export names the author, else the reason for thinking so."""

    id: str
    name: str
    inferred: str | None = None

    @classmethod
    def named(cls, name: str | None, *, inferred: str | None = None) -> "Author | None":
        """The author of that name, None for an empty one; of an e-mail address only the part before the @ is kept.

        >>> Author.named(" Anna Bianchi").id
        'annabianchi'
        """
        name = " ".join((name or "").split())
        if "@" in name[1:]:
            name = (name[0] + name[1:].split("@")[0]).rstrip()
        key = name_key(name)
        return cls(id=key, name=name, inferred=inferred) if key else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One comment, or the post. `reply_to` is what the export says; `quotes` are spans of `text` marked as quoted."""

    id: str
    author: Author | None
    text: str
    created: datetime | None = None
    reply_to: str | None = None
    quotes: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something a reader repaired or left as it was: `reason` is a fixed wording that can be counted."""

    comment_id: str | None
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """A post and its comments in posting order, every id once, every `reply_to` pointing back.

    Raises `ThreadError` on anything else; `Thread.assemble` repairs and notes it instead. `problems` tell how a thread
    was read, not what it is: they are neither compared nor written.

    >>> post = Comment(id="post", author=None, text="Che ne dite?")
    >>> reply = Comment(id="c1", author=Author.named("Anna"), text="Boh", reply_to="post")
    >>> Thread.from_json(Thread(id="t", post=post, comments=(reply,)).to_json()).comments[0].author.name
    'Anna'
    """

    id: str
    post: Comment
    comments: tuple[Comment, ...] = ()
    title: str | None = None
    url: str | None = None
    problems: tuple[Problem, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if self.post.id != POST:
            raise ThreadError(f"thread {self.id}: the post's id is {self.post.id!r}", hint=f"it must be {POST!r}")
        seen: set[str] = set()
        for comment in self.everything:
            if not comment.id or comment.id in seen:
                raise ThreadError(f"thread {self.id}: comment id {comment.id!r} is empty or stands twice")
            if comment.reply_to is not None and comment.reply_to not in seen:
                raise ThreadError(
                    f"thread {self.id}: {comment.id} answers {comment.reply_to!r}, which is not before it"
                )
            if any(not 0 <= start < end <= len(comment.text) for start, end in comment.quotes):
                raise ThreadError(f"thread {self.id}: {comment.id} has a quote outside its text: {comment.quotes}")
            seen.add(comment.id)

    @property
    def everything(self) -> tuple[Comment, ...]:
        """The post and the comments, in order."""
        return (self.post, *self.comments)

    @classmethod
    def assemble(
        cls,
        *,
        id: str,
        post: Comment,
        comments: Iterable[Comment],
        title: str | None = None,
        url: str | None = None,
        problems: Iterable[Problem] = (),
        in_order: bool = False,
    ) -> "Thread":
        """A thread from what an export gives in any order: repairs are made and noted as problems.

        Repeated ids get a suffix; a comment whose parent is missing, itself or part of a cycle stands under the post;
        comments are put in the order of their dates (those without keep their place) unless they are `in_order`, and
        never above their parent. A quote outside its text goes.
        """
        noted = list(problems)
        post = _quotes_inside(post, noted)
        unique: dict[str, Comment] = {}
        repeats: Counter[str] = Counter()
        for place, comment in enumerate(comments, 1):
            new_id = wanted = comment.id or f"c{place}"
            while new_id in unique or new_id == POST:
                repeats[wanted] += 1
                new_id = f"{wanted}-{repeats[wanted] + 1}"
            if new_id != comment.id:
                noted.append(Problem(comment_id=new_id, reason="repeated id" if comment.id else "no id"))
            unique[new_id] = _quotes_inside(replace(comment, id=new_id), noted)
        for comment, reason in _bad_parents(unique):
            noted.append(Problem(comment_id=comment.id, reason=reason, detail=f"parent {comment.reply_to}"))
            unique[comment.id] = replace(comment, reply_to=None)
        ordered = list(unique.values()) if in_order else _by_date(list(unique.values()))
        ordered = _behind_parents(ordered)
        return cls(id=id, title=title, url=url, post=post, comments=tuple(ordered), problems=tuple(noted))

    def to_json(self) -> dict[str, Any]:
        """The thread as the contract's thread JSON; inferred authors carry their reason in `author_inferred`."""
        post = _comment_json(self.post)
        del post["id"], post["reply_to"]
        return {
            "id": self.id,
            "title": self.title,
            "url": self.url,
            "post": post,
            "comments": [_comment_json(comment) for comment in self.comments],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Thread":
        """A thread from thread JSON, in its order, assembled with repairs. `ThreadError` where it is no thread at all.

        Keys that the format does not have are left out and noted as problems (`gold` is read elsewhere).
        """
        post, comments = data.get("post"), data.get("comments")
        if not isinstance(post, Mapping) or not isinstance(comments, list):
            raise ThreadError(
                "a thread needs a `post` object and a `comments` list", hint="see the thread JSON in the docs"
            )
        thread_id = str(data.get("id") or "")
        if not thread_id:
            raise ThreadError("a thread without `id`", hint='give it one: {"id": "…", "post": …}')
        problems = [_unknown(None, key) for key in data if key not in (*_THREAD_KEYS, "gold")]
        read = [_comment_of(item, f"c{place}", problems) for place, item in enumerate(comments, 1)]
        return cls.assemble(
            id=thread_id,
            title=_text_or_none(data.get("title")),
            url=_text_or_none(data.get("url")),
            post=replace(_comment_of({**post, "id": POST}, POST, problems), reply_to=None),
            comments=read,
            problems=problems,
            in_order=True,
        )


_THREAD_KEYS = ("id", "title", "url", "post", "comments")
_COMMENT_KEYS = ("id", "author", "author_inferred", "created", "reply_to", "text", "quotes")


def _unknown(comment_id: str | None, key: object) -> Problem:
    return Problem(comment_id=comment_id, reason="unknown key left out", detail=str(key))


def _text_or_none(value: object) -> str | None:
    return str(value).strip() or None if value is not None else None


def _comment_of(item: object, default_id: str, problems: list[Problem]) -> Comment:
    if not isinstance(item, Mapping):
        raise ThreadError(f"comment {default_id} is {type(item).__name__}, not an object")
    comment_id = _text_or_none(item.get("id")) or default_id
    problems.extend(_unknown(comment_id, key) for key in item if key not in _COMMENT_KEYS)
    created = parse_date(_text_or_none(item.get("created")))
    if created is None and item.get("created"):
        problems.append(Problem(comment_id=comment_id, reason="not a date", detail=str(item["created"])))
    raw = item.get("text")
    text, quotes = from_plain(raw) if isinstance(raw, str) else ("", ())
    if (given := item.get("quotes")) is not None:
        try:
            quotes = tuple((int(start), int(end)) for start, end in given)
        except (TypeError, ValueError) as error:
            raise ThreadError(f"comment {comment_id}: quotes are {given!r}", hint="write [[start, end], …]") from error
    reason = _text_or_none(item.get("author_inferred"))
    return Comment(
        id=comment_id,
        author=Author.named(_text_or_none(item.get("author")), inferred=reason),
        created=created,
        reply_to=_text_or_none(item.get("reply_to")),
        text=text,
        quotes=quotes,
    )


def _comment_json(comment: Comment) -> dict[str, Any]:
    author = comment.author
    data: dict[str, Any] = {
        "id": comment.id,
        "author": author.name if author else None,
        "created": comment.created.isoformat() if comment.created else None,
        "reply_to": comment.reply_to,
        "text": comment.text,
    }
    if author and author.inferred:
        data["author_inferred"] = author.inferred
    if comment.quotes or quoted_lines(comment.text):
        data["quotes"] = [list(span) for span in comment.quotes]
    return data


def _quotes_inside(comment: Comment, noted: list[Problem]) -> Comment:
    inside = tuple((start, end) for start, end in comment.quotes if 0 <= start < end <= len(comment.text))
    if inside == comment.quotes:
        return comment
    noted.append(Problem(comment_id=comment.id, reason="quote outside the text", detail=f"quotes {comment.quotes}"))
    return replace(comment, quotes=inside)


def _bad_parents(comments: Mapping[str, Comment]) -> list[tuple[Comment, str]]:
    """The comments that must stand under the post for every chain of parents to end there, with the reason."""
    bad: list[tuple[Comment, str]] = []
    sound = {POST}
    for start in comments:
        chain: dict[str, None] = {}
        here: str | None = start
        while here is not None and here not in sound and here not in chain:
            chain[here] = None
            comment = comments[here]
            here = comment.reply_to
            if here == comment.id:
                bad.append((comment, "own parent"))
            elif here in chain:
                bad.append((comments[here], "cycle of parents"))
            elif here is not None and here != POST and here not in comments:
                bad.append((comment, "missing parent"))
                here = None
        sound.update(chain)
    return bad


def _by_date(comments: list[Comment]) -> list[Comment]:
    """By date, comments without a date staying behind the one before them."""
    latest = datetime.min.replace(tzinfo=UTC)
    keyed: list[tuple[datetime, int]] = []
    for place, comment in enumerate(comments):
        if comment.created is not None:
            latest = comment.created if comment.created.tzinfo else comment.created.replace(tzinfo=UTC)
        keyed.append((latest, place))
    return [comments[place] for _, place in sorted(keyed)]


def _behind_parents(comments: list[Comment]) -> list[Comment]:
    """The same order but for replies that stand above their parent: they come right after it."""
    waiting: dict[str, list[Comment]] = {}
    placed = {POST}
    result: list[Comment] = []
    for comment in comments:
        if comment.reply_to is not None and comment.reply_to not in placed:
            waiting.setdefault(comment.reply_to, []).append(comment)
            continue
        ready = [comment]
        while ready:
            here = ready.pop()
            result.append(here)
            placed.add(here.id)
            ready += reversed(waiting.pop(here.id, []))
    return result
