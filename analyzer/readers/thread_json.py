"""Thread JSON, the program's own format: an object, a list of objects, or an object a line."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from analyzer.errors import ReadError, ThreadError
from analyzer.readers.source import Include, Loss, Reader, Source
from analyzer.thread import Thread


def _sniff(source: Source) -> bool:
    head = source.head_text().lstrip()
    return head.startswith(("{", "[")) and '"comments"' in head and '"post"' in head


def _read(source: Source, loss: Loss, include: Include) -> Iterator[Thread]:
    for where, data in _objects(source, loss):
        count = len(data["comments"]) if isinstance(data, dict) and isinstance(data.get("comments"), list) else 0
        loss.found += count
        try:
            if not isinstance(data, dict):
                raise ThreadError(f"{type(data).__name__} instead of a thread object")
            thread = Thread.from_json(data)
        except ThreadError as error:
            loss.left_out["in an unreadable thread"] += count
            loss.failures.append(f"{where}: {error}")
            continue
        loss.kept += count
        yield thread


def _objects(source: Source, loss: Loss) -> Iterator[tuple[str, Any]]:
    if _by_line(source):
        with source.open_text() as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    try:
                        yield f"{source.name}:{number}", json.loads(line)
                    except (ValueError, RecursionError) as error:
                        loss.failures.append(f"{source.name}:{number}: not JSON: {error}")
        return
    with source.open_text() as file:
        try:
            data = json.load(file)
        except (ValueError, RecursionError) as error:
            hint = "the file may be cut off; export it again"
            raise ReadError(f"{source.name}: not whole JSON: {error}", hint=hint) from error
    if isinstance(data, list):
        yield from ((f"{source.name}, thread {place}", item) for place, item in enumerate(data, 1))
    else:
        yield source.name, data


def _by_line(source: Source) -> bool:
    """Whether the first line, or the second behind a broken one, is an object by itself: then it is JSON lines."""
    with source.open_text() as lines:
        return any(_is_object(line) for line in islice(lines, 2))


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


READER = Reader(
    name="thread-json",
    about="thread JSON, one object, a list, or one a line (.jsonl)",
    suffixes=(".json", ".jsonl"),
    sniff=_sniff,
    read=_read,
)
