"""WordPress exports (WXR, all versions), as a stream; damaged ones are scanned block by block."""

import html
import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise

from lxml import etree

from analyzer.errors import ReadError
from analyzer.readers.source import Include, Loss, Reader, Source, grouped, repeated_keys
from analyzer.text import from_html, parse_date
from analyzer.thread import POST, Author, Comment, Problem, Thread

_LEFT_OUT = {"0": "pending", "hold": "pending", "spam": "spam", "trash": "trash", "post-trashed": "trash"}
_COMMENT_TYPES = ("", "comment")
_OPENING = re.compile(rb"<(?:[\w-]+:)?comment>")
_BLOCK = re.compile(rb"<(?P<tag>(?:[\w-]+:)?comment)>(?P<body>.*?)</(?P=tag)>", re.S)
_ITEM = re.compile(rb"<item\b[^>]*>")
_AUTHOR_BLOCK = re.compile(rb"<(?P<tag>(?:[\w-]+:)?author)>(?P<body>.*?)</(?P=tag)>", re.S)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_ENCODING = re.compile(rb"""<\?xml[^>]*encoding=["']([\w.-]+)""")
_FIELD = re.compile(r"<(?:[\w-]+:)?(?P<tag>\w+)(?:\s[^>]*)?>(?P<value>.*?)</(?:[\w-]+:)?(?P=tag)>", re.S)

Fields = dict[str, str]


@dataclass
class _Item:
    """One `<item>`: its own fields and those of its comments, still as text."""

    fields: Fields
    comments: list[Fields] = field(default_factory=list)

    @property
    def key(self) -> str:
        return self.fields.get("post_id") or self.fields.get("link") or self.fields.get("title") or "?"


def _sniff(source: Source) -> bool:
    head = source.head_text()
    return "<rss" in head and ("wordpress.org/export/" in head or re.search(r"<wp:\w+", head) is not None)


def _read(source: Source, loss: Loss, include: Include) -> Iterator[Thread]:
    if "<!ENTITY" in source.head_text():
        raise ReadError(f"{source.name}: declares XML entities, which no WordPress export does", hint="do not trust it")
    keys: list[str] = []
    try:
        for item in _parse(source, {}):
            if item.comments:
                keys.append(item.key)
        scan = _parse
    except etree.XMLSyntaxError as error:
        loss.repairs["file not well-formed, scanned block by block"] += 1
        loss.notes.append(f"not well-formed, line {error.lineno}: {error.msg.splitlines()[0].split(', line ')[0]}")
        keys = [item.key for item in _scan(source, {}) if item.comments]
        scan = _scan
    names: dict[str, str] = {}
    items = ((item.key, item) for item in scan(source, names) if item.comments)
    for key, group in grouped(items, repeated_keys(keys)):
        thread = _thread(key, group, names, loss, include)
        if thread.comments:
            yield thread
    _account_for_tags(source, loss, "cut off in the file" if scan is _scan else "tag inside other text")


def _parse(source: Source, names: dict[str, str]) -> Iterator[_Item]:
    """The items of a well-formed export; memory stays that of one item. Fills `names` with login → display name."""
    with source.open() as file:
        for _, element in etree.iterparse(file, tag=("{*}item", "{*}author")):
            if _local(element) == "author":
                if len(element):
                    _note_author(_fields(element), names)
            else:
                comments = [_fields(child) for child in element if _local(child) == "comment"]
                yield _Item(_fields(element), comments)
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]


def _local(element: etree._Element) -> str:
    """The name without its namespace, or without a prefix that the file does not declare."""
    return re.split("[}:]", element.tag)[-1] if isinstance(element.tag, str) else ""


def _fields(element: etree._Element) -> Fields:
    """The text of the children without children of their own, by local name, the first of each."""
    found: Fields = {}
    for child in element:
        name = "content" if child.tag == "{http://purl.org/rss/1.0/modules/content/}encoded" else _local(child)
        if not len(child):
            found.setdefault(name, (child.text or "").strip())
    return found


def _note_author(fields: Fields, names: dict[str, str]) -> None:
    if login := fields.get("author_login"):
        names[login] = fields.get("author_display_name") or login


def _scan(source: Source, names: dict[str, str]) -> Iterator[_Item]:
    """The items of a damaged export, found as text: whatever is whole between two tags is read."""
    if source.encoding() == "utf-16":
        raise ReadError(f"{source.name}: damaged, and in UTF-16", hint="save it in UTF-8 and try again")
    encoding = match[1].decode("ascii") if (match := _ENCODING.search(source.head)) else "utf-8"
    encoding = source.encoding() if encoding.lower() in ("utf-8", "utf8") else encoding
    with source.open() as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        starts = [match.end() for match in _ITEM.finditer(data)]
        edges = [*starts, len(data)]
        head = data[: edges[0]]
        for block in _AUTHOR_BLOCK.finditer(head):
            _note_author(_text_fields(block["body"], encoding), names)
        if not starts and _OPENING.search(data):
            edges = [0, len(data)]
        for start, end in pairwise(edges):
            raw = data[start:end]
            comments = [_text_fields(block["body"], encoding) for block in _BLOCK.finditer(raw)]
            yield _Item(_text_fields(_BLOCK.sub(b"", raw), encoding), comments)


def _text_fields(raw: bytes, encoding: str) -> Fields:
    try:
        text = _CONTROL.sub(b"", raw).decode(encoding, "replace")
    except LookupError:
        text = _CONTROL.sub(b"", raw).decode("utf-8", "replace")
    found: Fields = {}
    for match in _FIELD.finditer(text):
        name = "content" if match["tag"] == "encoded" and "content:" in match.group()[:10] else match["tag"]
        value = match["value"].strip()
        if value.startswith("<![CDATA["):
            value = value.removeprefix("<![CDATA[").removesuffix("]]>").replace("]]]]><![CDATA[>", "]]>")
        else:
            value = html.unescape(value)
        found.setdefault(name, value.strip())
    return found


def _account_for_tags(source: Source, loss: Loss, reason: str) -> None:
    """Every opening comment tag in the raw bytes is a record that was read, or reported here."""
    with source.open() as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        opened = sum(1 for _ in _OPENING.finditer(data))
    if opened > loss.found:
        loss.left_out[reason] += opened - loss.found
        loss.found = opened


def _thread(key: str, items: list[_Item], names: dict[str, str], loss: Loss, include: Include) -> Thread:
    """One thread from the items of one post, with every comment counted as kept or left out."""
    fields = items[0].fields
    records = [comment for item in items for comment in item.comments]
    loss.found += len(records)
    read = [_comment(record) for record in records]
    reasons = [_reason(record, comment) for record, comment in zip(records, read, strict=True)]
    kept = [reason is None or reason in include for reason in reasons]
    loss.kept += sum(kept)
    loss.left_out.update(reason for reason, keep in zip(reasons, kept, strict=True) if reason and not keep)
    answered = _answered(read, kept)
    comments: list[Comment] = []
    problems: list[Problem] = []
    for comment, keep in zip(read, kept, strict=True):
        if keep:
            comments.append(comment)
            lacking = (("no date", comment.created is None), ("no author", comment.author is None))
            problems += (Problem(comment_id=comment.id, reason=reason) for reason, lacks in lacking if lacks)
        elif comment.id in answered:
            loss.empty_parents += 1
            comments.append(replace(comment, author=None, text="", quotes=()))
    creator = fields.get("creator", "")
    text, quotes = from_html(fields.get("content", ""))
    created = parse_date(_utc(fields.get("post_date_gmt"))) or parse_date(fields.get("post_date"))
    return Thread.assemble(
        id=key,
        title=fields.get("title") or None,
        url=fields.get("link") or None,
        post=Comment(
            id=POST,
            author=Author.named(names.get(creator, creator)),
            created=created or parse_date(fields.get("pubDate")),
            text=text,
            quotes=quotes,
        ),
        comments=comments,
        problems=problems,
    )


def _answered(comments: list[Comment], kept: list[bool]) -> set[str]:
    """Ids of the left-out comments that a kept one answers, directly or through others that are left out."""
    parent_of = {comment.id: comment.reply_to for comment, keep in zip(comments, kept, strict=True) if not keep}
    answered: set[str] = set()
    for comment, keep in zip(comments, kept, strict=True):
        parent = comment.reply_to if keep else None
        while parent is not None and parent in parent_of and parent not in answered:
            answered.add(parent)
            parent = parent_of[parent]
    return answered


def _comment(record: Fields) -> Comment:
    text, quotes = from_html(record.get("comment_content", ""))
    parent = record.get("comment_parent", "")
    return Comment(
        id=record.get("comment_id", ""),
        author=Author.named(record.get("comment_author")),
        created=parse_date(_utc(record.get("comment_date_gmt"))) or parse_date(record.get("comment_date")),
        reply_to=None if parent in ("", "0") else parent,
        text=text,
        quotes=quotes,
    )


def _reason(record: Fields, comment: Comment) -> str | None:
    """Why a comment is left out by default, None for an approved real one."""
    kind = record.get("comment_type", "")
    if kind in ("pingback", "trackback"):
        return kind
    if (status := record.get("comment_approved", "")) in _LEFT_OUT:
        return _LEFT_OUT[status]
    if kind not in _COMMENT_TYPES:
        return f"of type {kind}"
    return None if comment.text else "empty"


def _utc(value: str | None) -> str | None:
    return f"{value}+00:00" if value and re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", value) else value


READER = Reader(
    name="wxr",
    about="WordPress export (Tools → Export), every version",
    suffixes=(".xml", ".wxr"),
    sniff=_sniff,
    read=_read,
)
