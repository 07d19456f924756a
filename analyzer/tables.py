"""Records as JSON lines, JSON, CSV or Parquet, all with the same columns in the same order."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence

from analyzer.analysis import Record
from analyzer.errors import AnalyzerError

_INTEGERS = ("start", "end")


def to_text(records: Iterable[Record], columns: Sequence[str], format: str) -> Iterator[str]:
    """The records as pieces of text in `jsonl`, `csv` or `json`, as they come.

    In CSV null is empty, and a cell that a spreadsheet would take for a formula begins with an apostrophe.

    >>> list(to_text([{"a": 1, "b": None}], ("a", "b"), "csv"))
    ['a,b\\n', '1,\\n']
    """
    if format == "jsonl":
        for record in records:
            yield _json(record, columns) + "\n"
    elif format == "csv":
        yield csv_line(columns)
        for record in records:
            yield csv_line(_cell(record[column]) for column in columns)
    else:
        separator = "["
        for record in records:
            yield separator + "\n " + _json(record, columns)
            separator = ","
        yield "[]\n" if separator == "[" else "\n]\n"


def to_parquet(records: Iterable[Record], columns: Sequence[str]) -> bytes:
    """The records as a Parquet file. `AnalyzerError` where pyarrow is not installed."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise AnalyzerError(
            "Parquet needs the package pyarrow", hint="install it with: pip install 'analyzer[parquet]'"
        ) from error
    types = {**dict.fromkeys(_INTEGERS, pa.int64()), "score": pa.float64(), "conditional": pa.bool_()}
    schema = pa.schema([(column, types.get(column, pa.string())) for column in columns])
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(records), schema=schema), out)
    return out.getvalue()


def safe_cell(value: object) -> object:
    """A cell that no spreadsheet takes for a formula: a text that begins like one gets an apostrophe before it.

    >>> safe_cell("=1+1"), safe_cell("@anna"), safe_cell("anna"), safe_cell(-0.5)
    ("'=1+1", "'@anna", 'anna', -0.5)
    """
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def _json(record: Record, columns: Sequence[str]) -> str:
    return json.dumps({column: record[column] for column in columns}, ensure_ascii=False)


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else safe_cell(value)


def csv_line(cells: Iterable[object]) -> str:
    """A line of CSV, ending in a newline; cells with any kind of line break are quoted."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue().removesuffix("\r\n") + "\n"
