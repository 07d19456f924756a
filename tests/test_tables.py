"""Records as tables: every format with the same columns in the same order."""

import builtins
import csv
import io
import json

import pytest
from conftest import HOSTILE, analysis_of, thread_of

from analyzer import analysis, tables
from analyzer.errors import AnalyzerError

COLUMNS = ("author", "stance", "conditional", "score", "start", "evidence")
RECORDS = (
    {"author": "Anna", "stance": "favor", "conditional": True, "score": 0.5, "start": 3, "evidence": 'dice: "no", poi'},
    {"author": None, "stance": "mixed", "conditional": False, "score": -0.25, "start": None, "evidence": "a\nb è 🎈"},
)


def text(format, records=RECORDS, columns=COLUMNS):
    return "".join(tables.to_text(iter(records), columns, format))


def test_jsonl_is_one_object_a_line():
    """Each line is a record, nulls and numbers kept as they are, letters not escaped."""
    lines = text("jsonl").splitlines()
    assert [json.loads(line) for line in lines] == list(RECORDS)
    assert "è 🎈" in lines[1]


@pytest.mark.parametrize("records", [(), RECORDS[:1], RECORDS])
def test_json_is_one_list(records):
    """JSON is a whole list at any number of records."""
    assert json.loads(text("json", records)) == list(records)


def test_csv_reads_back():
    """CSV has a header, empty cells for null, lower-case booleans, and quotes what needs it."""
    rows = list(csv.reader(io.StringIO(text("csv"), newline="")))
    assert rows[0] == list(COLUMNS)
    assert rows[1] == ["Anna", "favor", "true", "0.5", "3", 'dice: "no", poi']
    assert rows[2] == ["", "mixed", "false", "-0.25", "", "a\nb è 🎈"]


@pytest.mark.parametrize("format", ["jsonl", "json", "csv"])
def test_columns_stand_in_the_order_asked_for(format):
    """The columns decide order and choice, not how a record was put together."""
    shuffled = [dict(reversed(record.items())) for record in RECORDS]
    assert text(format, shuffled) == text(format)


@pytest.mark.parametrize("format", ["jsonl", "csv"])
def test_text_comes_as_a_stream(format):
    """The first records are written before the last are known."""

    def endless():
        while True:
            yield RECORDS[0]

    pieces = tables.to_text(endless(), COLUMNS, format)
    assert "Anna" in next(pieces) + next(pieces)


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_begins_like_a_formula_is_guarded(begin):
    """A text that a spreadsheet would run begins with an apostrophe instead, in the file as well."""
    assert tables.safe_cell(f"{begin}1+1") == f"'{begin}1+1"
    rows = list(csv.reader(io.StringIO(text("csv", [{"author": f"{begin}1+1"}], ("author",)), newline="")))
    assert rows[1] == [f"'{begin}1+1"]


@pytest.mark.parametrize("value", ["Anna", "", "1=1", "'@anna", -0.5, 3, None])
def test_other_cells_stay_as_they_are(value):
    """Numbers below zero and texts with a sign further on are no formulas."""
    assert tables.safe_cell(value) == value


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_cells_read_back(name):
    """Whatever a cell holds, CSV gives it back, the guard apart."""
    (_, (cell,)) = csv.reader(io.StringIO(text("csv", [{"author": name}], ("author",)), newline=""))
    assert cell in (name, f"'{name}")


def test_parquet_reads_back():
    """Parquet gives back the records, with types that hold in a column of nulls too."""
    pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    table = pq.read_table(io.BytesIO(tables.to_parquet(iter(RECORDS), COLUMNS)))
    assert tuple(table.column_names) == COLUMNS
    assert table.to_pylist() == list(RECORDS)
    nothing = pq.read_table(io.BytesIO(tables.to_parquet([], COLUMNS)))
    assert nothing.schema.equals(table.schema)
    assert [str(kind) for kind in table.schema.types] == ["string", "string", "bool", "double", "int64", "string"]


def test_parquet_without_pyarrow_says_what_to_install(monkeypatch):
    """Where pyarrow is missing, the error names it and the hint how to get it."""
    real = builtins.__import__

    def without(name, *rest, **more):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(AnalyzerError, match="pyarrow") as caught:
        tables.to_parquet(RECORDS, COLUMNS)
    assert "pip install" in caught.value.hint


def test_records_have_the_contracts_columns():
    """Stance, reply and mention records have the contract's columns, and evidence is the text at the offsets."""
    thread = thread_of(("Bruno", "Anna, i testi fuori"), url="https://blog.example/1")
    found = analysis_of(thread, [("c1", "seo", "favor")], [("c1", "post", "vocative", "agree")])
    (stance,) = analysis.stance_records(thread, found.stances)
    (reply,) = analysis.reply_records(thread, found.replies)
    assert ",".join(stance) == (
        "thread_id,thread_url,comment_id,author,created,activity,stance,conditional,timeframe,score,start,end,evidence"
    )
    assert ",".join(reply) == (
        "thread_id,thread_url,comment_id,author,to_id,to_author,kind,agreement,score,start,end,evidence"
    )
    assert tuple(stance) == analysis.STANCE_COLUMNS
    assert tuple(reply) == analysis.REPLY_COLUMNS
    assert analysis.MENTION_COLUMNS == ("thread_id", "comment_id", "author", "name", "to_author", "start", "end")
    assert (stance["evidence"], reply["to_author"]) == ("Anna", "Anna Bianchi")


def test_an_explicit_reply_has_no_evidence():
    """Where the export itself links two comments, offsets and evidence are null."""
    thread = thread_of((None, "Fuori."))
    (record,) = analysis.reply_records(
        thread, analysis_of(thread, replies=[("c1", "post", "explicit", "agree")]).replies
    )
    assert (record["start"], record["end"], record["evidence"], record["author"]) == (None, None, None, None)


def test_tally_counts_each_author_once_by_the_latest_stance():
    """A change of mind replaces, unknown authors count one by one over threads of one id, `none` does not count."""
    thread = thread_of(("Bruno", "Fuori."), ("Bruno", "Dentro."), (None, "Fuori."), (None, "Fuori."), ("Carla", "Boh."))
    given = [("c2", "seo", "against"), ("c1", "seo", "favor"), ("c3", "seo", "favor"), ("c4", "seo", "favor")]
    found = analysis_of(thread, [*given, ("c5", "seo", "none")])
    assert analysis.tally([found], ["seo", "crm"]) == {
        "seo": {"favor": 2, "mixed": 0, "against": 1},
        "crm": {"favor": 0, "mixed": 0, "against": 0},
    }
    assert analysis.tally([found, found], ["seo"])["seo"] == {"favor": 4, "mixed": 0, "against": 1}
