"""From a piece of markup to final text: what every offset in the program points into."""

import html
import re
import unicodedata
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

Span = tuple[int, int]

_BLOCKS = {
    *(
        "address",
        "article",
        "blockquote",
        "dd",
        "div",
        "dl",
        "dt",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
    ),
    *("header", "hr", "li", "ol", "p", "pre", "section", "table", "tr", "ul"),
}
_PARAGRAPHS = _BLOCKS - {"li", "tr", "dd", "dt", "div"}
_HIDDEN = {"script", "style", "head", "iframe", "object", "noscript", "template"}
_TAG = re.compile(r"</?(?:a|b|i|u|em|strong|p|br|div|span|ul|ol|li|blockquote|code|pre|img|del|cite|q)\b[^<>]*>", re.I)
_PAGE_TAGS = re.compile(r"</?(?:html|body)\b[^<>]*>", re.I)
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
_LINE_END_SPACE = re.compile(r"(?<![ \t])[ \t]+(?=\n|\Z)")  # the look-behind keeps long runs linear
_QUOTED_LINES = re.compile(r"^(?:>.*(?:\n|\Z))+", re.M)
_QUOTE_START, _QUOTE_END = "\ue000", "\ue001"  # private-use marks, gone before the text leaves this module
_QUOTE_MARKS = re.compile(f"[{_QUOTE_START}{_QUOTE_END}]")
_GAP = re.compile(rf"(?<!\s)\s*{_QUOTE_MARKS.pattern}(?:\s|{_QUOTE_MARKS.pattern})*")

_MONTHS = ("gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic")
_ITALIAN_DATE = re.compile(
    r"(?P<day>\d{1,2})\W{1,2}(?P<month>" + "|".join(_MONTHS) + r")[a-z]*\W{1,2}(?P<year>\d{4})"
    r"(?:\D{1,12}(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.]\d{2})?\s*(?P<half>[ap]\.?m)?)?",
    re.I,
)
_NUMERIC_DATE = re.compile(
    r"(?P<day>\d{1,2})[/.-](?P<month>\d{1,2})[/.-](?P<year>\d{4})"
    r"(?:\D{1,6}(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.]\d{2})?\s*(?P<half>[ap]\.?m)?)?",
    re.I,
)


def clean(text: str) -> str:
    r"""Text in NFC, with newlines as `\n`, without control characters, paragraphs parted by one blank line.

    >>> clean(" Perche\u0300 no?\r\n\r\n\r\n\x0bBoh \n")
    'Perchè no?\n\nBoh'
    """
    text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n\n")
    text = unicodedata.normalize("NFC", _UNWANTED.sub("", text).replace("\xa0", " "))
    return re.sub(r"\n{3,}", "\n\n", _LINE_END_SPACE.sub("", text)).strip()


def from_html(markup: str, *, newlines: bool = True) -> tuple[str, tuple[Span, ...]]:
    """The text of an HTML fragment and the spans that it marks as quoted.

    Entities are resolved once, links keep their target, images their alternative text. `newlines` says that line
    breaks in the markup count, as they do in what WordPress stores; in a web page they do not.

    >>> from_html('<blockquote>i testi</blockquote>Sì &amp; no: <a href="https://a.example/b">qui</a>')
    ('i testi\\n\\nSì & no: qui (https://a.example/b)', ((0, 7),))
    """
    from lxml import etree
    from lxml import html as lxml_html

    markup = _PAGE_TAGS.sub(" ", _UNWANTED.sub("", markup))
    parts: list[str] = []
    parser = lxml_html.HTMLParser(huge_tree=True)  # without it, deep or long markup comes back empty
    try:
        root = lxml_html.fragment_fromstring(markup, create_parent="div", parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError, AssertionError):
        root = None
    if (
        root is None or parser.error_log.filter_from_fatals()
    ):  # too deep for the parser, which keeps the error to itself
        return from_plain(html.unescape(re.sub(r"<[^<>]*>", " ", markup)))

    def put(text: str | None) -> None:
        if text:
            text = _QUOTE_MARKS.sub("", text)
            parts.append(text if newlines else re.sub(r"\s+", " ", text))

    # An explicit stack: hostile markup nests deeper than Python recurses.
    stack: list[tuple[str, object]] = [("open", root)]
    while stack:
        step, node = stack.pop()
        if step == "text":
            put(str(node))
            continue
        if step == "raw":
            parts.append(str(node))
            continue
        assert isinstance(node, etree._Element)
        tag = node.tag if isinstance(node.tag, str) else ""
        if node is not root and node.tail:
            stack.append(("text", node.tail))
        if not tag or tag in _HIDDEN:
            continue
        if tag in ("br", "hr"):
            parts.append("\n")
        if tag == "img":
            put(node.get("alt"))
        edge = "" if node is root or tag not in _BLOCKS else "\n\n" if tag in _PARAGRAPHS else "\n"
        quote = tag in ("blockquote", "q")
        target = (node.get("href") or "").strip() if tag == "a" else ""
        if edge or quote:
            stack.append(("raw", (_QUOTE_END if quote else "") + edge))
        if target.startswith(("http://", "https://")) and not _names_target("".join(map(str, node.itertext())), target):
            stack.append(("raw", f" ({target})"))
        stack.extend(("open", child) for child in reversed(node))
        if node.text:
            stack.append(("text", node.text))
        parts.append(edge + (_QUOTE_START if quote else "") + ("- " if tag == "li" else ""))

    text = clean(re.sub(r"(?<! ) *\n *", "\n", "".join(parts)) if not newlines else "".join(parts))
    return _spans(text)


def _names_target(label: str, target: str) -> bool:
    """Whether a link's label already shows where it leads, even shortened."""
    bare = re.sub(r"^https?://(www\.)?|[/.…]+$", "", label.strip())
    return bool(bare) and bare in target


def _spans(marked: str) -> tuple[str, tuple[Span, ...]]:
    """Takes the private quote marks out of a text and gives their places as spans of what remains."""
    marked = clean(_GAP.sub(_order_marks, marked))
    out: list[str] = []
    spans: list[Span] = []
    starts: list[int] = []
    length = 0
    for piece in re.split(f"({_QUOTE_MARKS.pattern})", marked):
        if piece == _QUOTE_START:
            starts.append(length)
        elif piece == _QUOTE_END:
            start = starts.pop() if starts else 0
            if not starts and start < length:
                spans.append((start, length))
        else:
            out.append(piece)
            length += len(piece)
    text = "".join(out)
    if text != (final := clean(text)):  # an accent that a mark kept from its letter
        return from_plain(final)
    return text, tuple(sorted({*spans, *quoted_lines(text)}))


def _order_marks(gap: re.Match[str]) -> str:
    """The white space between two words with the quotes that end there before it and those that start there behind it.

    A quote that starts and ends in the same gap holds nothing and goes.
    """
    ends = starts = 0
    for mark in _QUOTE_MARKS.findall(gap.group()):
        if mark == _QUOTE_START:
            starts += 1
        elif starts:
            starts -= 1
        else:
            ends += 1
    return _QUOTE_END * ends + _QUOTE_MARKS.sub("", gap.group()) + _QUOTE_START * starts


def from_plain(text: str) -> tuple[str, tuple[Span, ...]]:
    """Plain text made final, with the lines that begin with `>` as quoted spans.

    >>> from_plain("> i testi no\\nPerché?")
    ('> i testi no\\nPerché?', ((0, 12),))
    """
    text = clean(_QUOTE_MARKS.sub("", text))
    return text, quoted_lines(text)


def from_field(value: str) -> tuple[str, tuple[Span, ...]]:
    """The text of a table's or JSON file's field, which may or may not hold markup."""
    if _TAG.search(value):
        return from_html(value)
    return from_plain(html.unescape(value) if re.search(r"&(?:#\d+|#x[0-9a-f]+|[a-z]+);", value, re.I) else value)


def quoted_lines(text: str) -> tuple[Span, ...]:
    """Spans of the runs of lines that begin with `>`."""
    return tuple((m.start(), m.start() + len(m.group().rstrip("\n"))) for m in _QUOTED_LINES.finditer(text))


@lru_cache(maxsize=100_000)
def fold(word: str) -> str:
    """A word in lower case, without accents and final apostrophe: `Perchè`, `perché` and `perche'` are one.

    >>> fold("Perchè"), fold("pubblicita'"), fold("dell’"), fold("È")
    ('perche', 'pubblicita', 'dell', 'è')
    """
    word = word.lower().replace("’", "'")
    if word in ("è", "é", "e'"):
        return "è"
    if not word.isascii():
        word = "".join(c for c in unicodedata.normalize("NFD", word) if not unicodedata.combining(c))
    return word.rstrip("'") or word


@lru_cache(maxsize=100_000)
def name_key(name: str) -> str:
    """What stays of a name when spelling is set aside; empty for a name without letters or digits.

    >>> name_key("Gian Luigi "), name_key("gianluigi"), name_key("Niccolò D'Amico")
    ('gianluigi', 'gianluigi', 'niccolodamico')
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return "".join(c for c in folded if c.isalnum())


def parse_date(value: str | None) -> datetime | None:
    """A date in ISO 8601, RFC 2822, epoch seconds or as an Italian page prints it; None where there is none.

    >>> parse_date("5 luglio 2011 alle 1:22 pm")
    datetime.datetime(2011, 7, 5, 13, 22)
    >>> parse_date("0000-00-00 00:00:00") is None
    True
    """
    value = (value or "").strip()
    if not value or value.startswith("0000"):
        return None
    try:
        if re.fullmatch(r"\d{9,10}(\.\d+)?", value):
            return datetime.fromtimestamp(float(value), tz=UTC)
        return datetime.fromisoformat(value)
    except ValueError:
        pass
    try:
        if match := _ITALIAN_DATE.search(value):
            month = _MONTHS.index(match["month"].lower()) + 1
        elif match := _NUMERIC_DATE.search(value):
            month = int(match["month"])
        else:
            return parsedate_to_datetime(value)
        hour, half = int(match["hour"] or 0), (match["half"] or "").lower()[:1]
        hour = hour % 12 + (12 if half == "p" else 0) if half else hour
        return datetime(int(match["year"]), month, int(match["day"]), hour, int(match["minute"] or 0))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
