"""Tables of comments: CSV and TSV with a header, one comment a row, columns known by Italian and English names."""

import csv
import re
from collections.abc import Iterator

from analyzer.errors import ReadError
from analyzer.readers.source import Include, Loss, Reader, Source, grouped, repeated_keys
from analyzer.text import from_field, name_key, parse_date
from analyzer.thread import POST, Author, Comment, Problem, Thread

COLUMNS: dict[str, tuple[str, ...]] = {
    "text": ("text", "testo", "commento", "comment", "body", "contenuto", "content", "messaggio", "message"),
    "author": ("author", "autore", "nome", "name", "utente", "user", "username", "nickname"),
    "created": ("created", "data", "date", "datetime", "timestamp", "createdat", "publishedat", "quando"),
    "time": ("ora", "orario", "time"),
    "id": ("id", "commentid", "idcommento", "numero", "number"),
    "reply_to": ("replyto", "parent", "parentid", "rispondea", "rispostaa", "inreplyto", "genitore", "padre"),
    "thread": ("threadid", "thread", "postid", "idpost", "articolo", "articleid", "discussione"),
    "url": ("url", "threadurl", "posturl", "permalink", "link", "indirizzo"),
    "title": ("title", "titolo", "posttitle", "titolopost", "titoloarticolo"),
}
"""For each field the column names that mean it, as name keys: `Risponde a` and `risponde_a` are `rispondea`."""

_DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(r"\s*\"?sep=", re.I)  # which Excel writes before the header
csv.field_size_limit(1 << 27)


def _cells(source: Source) -> tuple[str, list[str]] | None:
    """The delimiter and the cells of the header line, None where the file does not begin like a table."""
    head = source.head_text().lstrip("\ufeff")
    if head.lstrip().startswith(("<", "{", "[")):
        return None
    lines = [line for line in re.split(r"\r?\n|\r", head) if line.strip()]
    first = next((line for line in lines if not _SEPARATOR_LINE.match(line)), "")
    delimiter = max(_DELIMITERS, key=first.count)
    if delimiter not in first:
        return None
    try:
        return delimiter, next(csv.reader([first], delimiter=delimiter), [])
    except csv.Error:
        return None


def _columns(cells: list[str]) -> dict[str, int]:
    """The place of each field among the header's cells: by a cell's whole name, else by its first word."""
    whole = [name_key(cell) for cell in cells]
    first = [name_key(re.split(r"[\W_]+", cell.strip(), maxsplit=1)[0]) for cell in cells]
    columns: dict[str, int] = {}
    for names in (whole, first):
        for fld, aliases in COLUMNS.items():
            places = [names.index(alias) for alias in aliases if alias in names]
            if fld not in columns and (free := [place for place in places if place not in columns.values()]):
                columns[fld] = free[0]
    return columns


def _sniff(source: Source) -> bool:
    if (found := _cells(source)) is None:
        return False
    delimiter, cells = found
    columns = _columns(cells)
    if "text" in columns and len(columns) > 1:
        return True
    lines = [line for line in source.head_text().splitlines()[:4] if line.strip()]
    regular = len(lines) > 2 and len({line.count(delimiter) for line in lines[:3]}) == 1
    return regular and delimiter != "," and len(cells) > 1


def _read(source: Source, loss: Loss, include: Include) -> Iterator[Thread]:
    delimiter, cells = _cells(source) or (",", [])
    columns = _columns(cells)
    if "text" not in columns:
        seen = f": {', '.join(cells)}" if cells else ""
        hint = f"name the column with the comments one of: {', '.join(COLUMNS['text'])}"
        raise ReadError(f"{source.name}: no column of texts in the header line{seen}", hint=hint)
    loss.notes.append("columns: " + ", ".join(columns))
    if unused := [cell for place, cell in enumerate(cells) if place not in columns.values() and cell.strip()]:
        loss.notes.append("columns not used: " + ", ".join(unused))
    repeated = repeated_keys(key for key, _ in _rows(source, delimiter, columns))
    for key, rows in grouped(_rows(source, delimiter, columns), repeated):
        thread = _thread(key, rows, loss)
        if thread.comments:
            yield thread


def _rows(source: Source, delimiter: str, columns: dict[str, int]) -> Iterator[tuple[str, dict[str, str]]]:
    with source.open_text() as file:
        reader = csv.reader((line.replace("\0", "") for line in file), delimiter=delimiter, strict=True)
        start = 1
        try:
            for cells in reader:
                if any(cells) and not _SEPARATOR_LINE.match(cells[0]):
                    break
            start = reader.line_num + 1
            for cells in reader:
                start = reader.line_num + 1
                if any(cell.strip() for cell in cells):
                    row = {fld: cells[at].strip() if at < len(cells) else "" for fld, at in columns.items()}
                    yield row.get("thread") or row.get("url") or row.get("title") or source.stem, row
        except csv.Error as error:
            raise ReadError(
                f"{source.name}:{start}: {error}", hint="is a quotation mark left open in this row?"
            ) from error


def _thread(key: str, rows: list[dict[str, str]], loss: Loss) -> Thread:
    """One thread; a row whose id is `post` is the post, else the post is empty."""
    problems: list[Problem] = []
    post = Comment(id=POST, author=None, text="")
    comments: list[Comment] = []
    answered = {row.get("reply_to") for row in rows if row["text"]}
    for place, row in enumerate(rows, 1):
        text, quotes = from_field(row["text"])
        created = parse_date(f"{row.get('created', '')} {row.get('time', '')}") or parse_date(row.get("created"))
        comment_id = row.get("id") or f"c{place}"
        author = Author.named(row.get("author"))
        if comment_id == POST:
            post = Comment(id=POST, author=author, created=created, text=text, quotes=quotes)
            continue
        loss.found += 1
        if not text:
            loss.left_out["empty"] += 1
            if comment_id not in answered:
                continue
            loss.empty_parents += 1
        loss.kept += bool(text)
        if created is None and row.get("created"):
            problems.append(Problem(comment_id=comment_id, reason="not a date", detail=row["created"]))
        if author is None:
            problems.append(Problem(comment_id=comment_id, reason="no author"))
        parent = row.get("reply_to") or None
        comments.append(
            Comment(
                id=comment_id,
                author=author,
                created=created,
                reply_to=None if parent == "0" else parent,
                text=text,
                quotes=quotes,
            )
        )
    return Thread.assemble(
        id=key,
        title=next((row["title"] for row in rows if row.get("title")), None),
        url=next((row["url"] for row in rows if row.get("url")), None),
        post=post,
        comments=comments,
        problems=problems,
    )


READER = Reader(
    name="table",
    about="CSV or TSV with a header; columns such as autore, commento, data, risponde a",
    suffixes=(".csv", ".tsv", ".txt"),
    sniff=_sniff,
    read=_read,
)
