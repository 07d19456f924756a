"""Readers: a case is two files, what goes in and what must come out; then the files that are no exports at all.

To add a case, put the export beside the others as `data/readers/<format>/<case>.<ext>` (any suffix but `.json`; formats
are recognised by content) and what it must give as `<case>.json`:

    {"format": …, "loss": {"in": …, "out": …}, "threads": [thread JSON, …]}     or     {"error": "part of the message"}

`loss` also has `left_out`, `repairs`, `empty_parents` and `failures` (how each begins) where they are not empty.
"""

import io
import json
import re
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from analyzer.errors import ReadError, UnknownFormatError
from analyzer.readers import READERS, Export, Loss, Reader, Source, expand, read

DATA = Path(__file__).parent / "data" / "readers"
CASES = sorted(path for path in DATA.glob("*/*") if path.suffix != ".json")
WXR_CASES = [path for path in CASES if path.parent.name == "wxr" and path.stem != "entities"]


def case_id(path):
    return f"{path.parent.name}/{path.stem}"


def expected(path):
    return json.loads(path.with_suffix(".json").read_text("utf-8"))


def account(loss):
    """What a case says about the loss."""
    report = loss.to_json()
    given = {key: report[key] for key in ("left_out", "repairs", "empty_parents", "failures") if report[key]}
    return {**report["comments"], **given}


@pytest.mark.parametrize("path", [path for path in CASES if "error" not in expected(path)], ids=case_id)
def test_a_case_gives_its_threads_and_its_loss(path):
    """A file is recognised, and its threads, with what was left out and repaired, are those that stand beside it."""
    wanted = expected(path)
    export = read(path, name=path.name)
    threads = [thread.to_json() for thread in export]
    loss = account(export.loss)
    failures = loss.pop("failures", [])
    beginnings = wanted["loss"].pop("failures", [])
    assert (export.reader.name, loss, threads) == (wanted["format"], wanted["loss"], wanted["threads"])
    assert export.loss.found == export.loss.kept + export.loss.left_out.total()
    assert len(failures) == len(beginnings)
    assert all(failure.startswith(start) for failure, start in zip(failures, beginnings, strict=True))


@pytest.mark.parametrize("path", [path for path in CASES if "error" in expected(path)], ids=case_id)
def test_a_broken_case_is_refused_with_file_and_place(path):
    """A file that cannot be read as a whole is refused in the words that stand beside it, with a hint."""
    with pytest.raises(ReadError, match=re.escape(expected(path)["error"])) as caught:
        list(read(path, name=path.name))
    assert caught.value.hint


def test_every_format_has_cases_and_every_expectation_its_case():
    """No reader goes untested, and no expectation is left without the file it speaks of."""
    assert {path.parent.name for path in CASES} == {reader.name for reader in READERS}
    assert {path.with_suffix("") for path in DATA.glob("*/*.json")} == {path.with_suffix("") for path in CASES}
    assert len({path.with_suffix("") for path in CASES}) == len(CASES)


@pytest.mark.parametrize("path", WXR_CASES, ids=case_id)
def test_every_opening_comment_tag_is_accounted_for(path):
    """As many comments are reported as the raw bytes hold opening tags."""
    export = read(path)
    list(export)
    assert export.loss.found == len(re.findall(rb"<\w+:comment>", path.read_bytes()))


@pytest.mark.parametrize("path", WXR_CASES, ids=case_id)
def test_addresses_never_leave_a_reader(path):
    """Neither e-mail nor IP address of who comments is in what comes out."""
    export = read(path)
    said = json.dumps([*(thread.to_json() for thread in export), export.loss.to_json()])
    said += repr([thread.problems for thread in export])
    assert "@example.org" not in said
    assert "192.0.2.7" not in said


@pytest.mark.parametrize("path", CASES, ids=case_id)
def test_the_name_of_a_file_does_not_matter(path, tmp_path):
    """Renamed, a file is recognised all the same."""
    renamed = tmp_path / "pagina.html"
    renamed.write_bytes(path.read_bytes())
    assert read(renamed).reader.name == path.parent.name


def test_an_export_can_be_read_twice():
    """Iterating again gives the same threads and the same report, not a sum of both."""
    export = read(DATA / "wxr" / "left-out.xml")
    first, loss = list(export), export.loss
    assert list(export) == first
    assert export.loss == loss


@pytest.mark.parametrize(
    ("reason", "ids"),
    [
        ("pending", ["2"]),
        ("spam", ["3"]),
        ("trash", ["4", "5"]),
        ("pingback", ["6"]),
        ("trackback", ["7"]),
        ("empty", ["8"]),
    ],
)
def test_include_brings_back_what_is_left_out(reason, ids):
    """With `include`, the comments of that reason are read and no longer counted as left out."""
    path = DATA / "wxr" / "left-out.xml"
    [default], export = list(read(path)), read(path, include=[reason])
    [thread] = export
    assert {comment.id for comment in thread.comments} == {*ids, *(comment.id for comment in default.comments)}
    assert reason not in export.loss.left_out
    assert all(comment.author for comment in thread.comments if comment.id in ids)


def test_an_included_parent_is_no_empty_place():
    """A spam comment that others answer comes back with its words when spam is included."""
    export = read(DATA / "wxr" / "empty-parents.xml", include=["spam"])
    [thread] = export
    assert thread.comments[0].text == "Compra qui"
    assert export.loss.empty_parents == 2


def test_an_unknown_reason_to_include_is_refused_with_the_choices():
    """A misspelt `include` is named, with what could have been written."""
    with pytest.raises(ReadError, match="cannot include deleted, spma") as caught:
        read(DATA / "wxr" / "plain.xml", include=["spam", "spma", "deleted"])
    assert "pending, spam, trash" in caught.value.hint


def test_an_unknown_format_is_refused_with_the_choices():
    """A format that does not exist is named, with those that do."""
    with pytest.raises(UnknownFormatError, match="no format 'wordpress'") as caught:
        read(DATA / "wxr" / "plain.xml", format="wordpress")
    assert caught.value.hint == "choose from: " + ", ".join(reader.name for reader in READERS)


def test_a_given_format_overrides_recognition():
    """A table forced to be plain text is read as plain text."""
    assert read(DATA / "table" / "tab.tsv", format="plain-text").reader.name == "plain-text"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b" \r\n\t\n", "the file is empty"),
        (b"PK\x03\x04\x14\x00", "a zip archive"),
        (b"\x1f\x8b\x08\x00", "a gzip archive"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a JPEG picture"),
        (b"\x89PNG\r\n\x1a\n", "a PNG picture"),
        (b"%PDF-1.7\n", "a PDF document"),
        (b"SQLite format 3\x00", "an SQLite database"),
    ],
)
@pytest.mark.parametrize("format", [None, *(reader.name for reader in READERS)])
def test_a_file_of_another_kind_is_refused_in_any_format(content, said, format, tmp_path):
    """What is no text at all is called by its kind, with what to do, even where a format is forced on it."""
    path = tmp_path / "commenti.xml"
    path.write_bytes(content)
    with pytest.raises(UnknownFormatError, match=said) as caught:
        read(path, format=format)
    assert "commenti.xml" in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<!DOCTYPE html><html><body><p>Ciao</p></body></html>", "a web page"),
        (b"\n<HTML lang=it><body>Ciao</body>", "a web page"),
        (b'<article class="h-entry"><p>Ciao</p></article>', "a web page"),
        (b'<?xml version="1.0"?>\n<disqus><post/></disqus>', "a Disqus export"),
        (b"`<?xml version='1.0'?>\n<disqus><post/></disqus>", "a Disqus export"),
        (b"<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'/>", "an Atom feed"),
        (b"<?xml version='1.0'?><ricette><p>Sale</p></ricette>", "XML of a kind that is not known"),
        (b"AUTHOR: Ortensia\nTITLE: Foto\n-----\nBODY:\nCiao\n-----\n", "a Movable Type export"),
        (b'{"likes": 3}', "JSON that is not thread JSON"),
        (b"[1, 2]", "JSON that is not thread JSON"),
        (b"\x00\x01\x02\x03 ciao", "not text"),
        (b"---- 1234", "not text"),
    ],
)
def test_text_that_no_reader_knows_is_called_what_it_is(content, said, tmp_path):
    """A sentence says what the file is, a hint which formats can be read."""
    path = tmp_path / "export"
    path.write_bytes(content)
    with pytest.raises(UnknownFormatError, match=said) as caught:
        read(path)
    assert all(reader.name in caught.value.hint for reader in READERS)


@pytest.mark.parametrize(
    ("format", "said"),
    [("thread-json", "not whole JSON"), ("table", "no column of texts in the header line")],
)
def test_a_wrong_format_forced_on_a_file_is_a_read_error(format, said):
    """Where a forced format cannot read the file, that is said instead of a traceback."""
    with pytest.raises(ReadError, match=said):
        list(read(DATA / "wxr" / "plain.xml", format=format))


@pytest.mark.parametrize("format", ["wxr", "plain-text"])
def test_a_file_without_comments_is_a_success_that_says_so(format, tmp_path):
    """Nothing found is reported as nothing found, whatever the format was."""
    path = tmp_path / "righe.txt"
    path.write_text("-----\n=====\n")
    export = read(path, format=format)
    assert list(export) == []
    assert "the export holds no comments" in export.loss.notes


def test_a_missing_file_and_a_folder_are_read_errors(tmp_path):
    """What cannot be opened is named with the system's reason."""
    with pytest.raises(ReadError, match=r"nulla\.xml: no such file or directory"):
        read(tmp_path / "nulla.xml")
    with pytest.raises(ReadError, match="is a directory"):
        read(tmp_path)


def wxr_with(body, encoding="utf-8"):
    """A WordPress export of one comment."""
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>\n<rss xmlns:wp="http://wordpress.org/export/1.2/"><channel><item>'
        "<title>Chi cura il sito?</title><wp:post_id>12</wp:post_id><wp:comment><wp:comment_id>1</wp:comment_id>"
        f"<wp:comment_author>Tosca Neri</wp:comment_author><wp:comment_content>{body}</wp:comment_content>"
        "</wp:comment></item></channel></rss>"
    ).encode(encoding)


def test_xml_entities_are_refused_in_any_encoding(tmp_path):
    """A declaration of entities is never expanded, not even where the file hides it in UTF-16."""
    path = tmp_path / "bomba.xml"
    text = wxr_with("&b;", "utf-16").decode("utf-16").replace("<rss", '<!DOCTYPE rss [<!ENTITY b "boom">]><rss', 1)
    path.write_bytes(text.encode("utf-16"))
    with pytest.raises(ReadError, match="declares XML entities"):
        list(read(path))


def test_wxr_in_utf16_is_read_and_its_damage_is_never_silent(tmp_path):
    """UTF-16 is read when whole and refused when damaged: it is never taken for an export without comments."""
    path = tmp_path / "unicode.xml"
    path.write_bytes(wxr_with("Perché no?", "utf-16"))
    [thread] = read(path)
    assert thread.comments[0].text == "Perché no?"
    path.write_bytes(wxr_with("Perché & no?", "utf-16"))
    with pytest.raises(ReadError, match="UTF-16"):
        list(read(path))


@pytest.mark.parametrize("body", ["parola " * 300_000, "<p>parola</p>" * 160_000, "<div>" * 400_000 + "parola"])
def test_a_two_megabyte_comment_is_read_whole(body, tmp_path):
    """A very long or very deep comment keeps all its words, in every format that can hold it."""
    as_wxr, as_json = tmp_path / "lungo.xml", tmp_path / "lungo.jsonl"
    as_wxr.write_bytes(wxr_with(f"<![CDATA[{body}]]>"))
    as_json.write_text(json.dumps({"id": "t", "post": {"text": "E voi?"}, "comments": [{"text": body}]}))
    [thread] = read(as_wxr)
    assert thread.comments[0].text.count("parola") == body.count("parola")
    [thread] = read(as_json)
    assert thread.comments[0].text == body.strip()


def test_a_comment_longer_than_the_xml_parser_allows_is_not_lost(tmp_path):
    """Past the parser's limit on one text, the file is scanned instead, and says so."""
    path = tmp_path / "lunghissimo.xml"
    path.write_bytes(wxr_with("parola " * 1_600_000))
    export = read(path)
    [thread] = export
    assert thread.comments[0].text.count("parola") == 1_600_000
    assert export.loss.repairs["file not well-formed, scanned block by block"] == 1


def test_a_long_chain_of_replies_is_read(tmp_path):
    """Thousands of comments, each answering the one before, are linked without recursion."""
    chain = [{"id": str(place), "reply_to": str(place - 1), "text": "Eh."} for place in range(1, 20_001)]
    path = tmp_path / "catena.json"
    path.write_text(json.dumps({"id": "t", "post": {"text": "E voi?"}, "comments": chain[::-1]}))
    [thread] = read(path)
    assert [comment.id for comment in thread.comments] == [str(place) for place in range(1, 20_001)]
    assert [problem.comment_id for problem in thread.problems] == ["1"]


def test_standard_input_is_read_like_a_file(monkeypatch):
    """`-` reads standard input, which is called by that name where something is wrong with it."""
    path = DATA / "wxr" / "plain.xml"
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(path.read_bytes())))
    assert list(read("-")) == list(read(path))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO()))
    with pytest.raises(UnknownFormatError, match="<stdin>: the file is empty"):
        read("-")


@pytest.fixture
def folder(tmp_path):
    """A folder with files, a folder in it, and hidden ones."""
    for name in ("b.xml", "a.txt", "dentro/c.csv", ".nascosto/d.xml", "dentro/.e.xml", "vuota/.f"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    return tmp_path


@pytest.mark.parametrize(
    ("given", "files"),
    [
        (["b.xml"], ["b.xml"]),
        ([""], ["a.txt", "b.xml", "dentro/c.csv"]),
        (["*"], ["a.txt", "b.xml"]),
        (["**/*.csv"], ["dentro/c.csv"]),
        (["b.xml", "*.xml", "b.xml"], ["b.xml"]),
        ([".nascosto"], [".nascosto/d.xml"]),
    ],
)
def test_inputs_stand_for_files(folder, given, files):
    """A file stands for itself, a glob for the files it matches, a folder for what is under it, each file once."""
    assert expand(str(folder / name) for name in given) == [str(folder / name) for name in files]


def test_standard_input_stands_for_itself():
    """`-` is passed through."""
    assert expand(["-"]) == ["-"]


@pytest.mark.parametrize(
    ("given", "said"),
    [("nulla.xml", "no such file"), ("*.pdf", "no such file"), ("dent*", "no such file"), ("vuota", "holds no files")],
)
def test_an_input_that_stands_for_nothing_is_refused(folder, given, said):
    """An input without a file behind it is named, never passed over."""
    with pytest.raises(ReadError, match=said):
        expand([str(folder / given)])


def test_losses_of_several_files_add_up():
    """The report over many files is the sum of theirs, and reads as one sentence."""
    total = Loss()
    for name in ("left-out.xml", "empty-parents.xml", "bad-parents.xml"):
        export = read(DATA / "wxr" / name)
        list(export)
        total.add(export.loss)
    assert total.threads == 3
    assert total.found == total.kept + total.left_out.total() == 22
    assert "3 threads, 22 comments in" in str(total)
    assert "3 spam" in str(total)
    assert "1 own parent" in str(total)


def test_a_reader_that_loses_a_comment_in_silence_is_found_out():
    """Comments found but neither kept nor reported are an error that blames the reader, never a shorter thread."""

    def careless(source, loss, include):
        loss.found, loss.kept = 3, 2
        yield from ()

    reader = Reader(name="sbadato", about="", suffixes=(), sniff=lambda source: True, read=careless)
    with pytest.raises(ReadError, match="1 of 3 comments were neither read nor reported") as caught:
        list(Export(Source(DATA / "wxr" / "plain.xml"), reader))
    assert "sbadato" in caught.value.hint


def test_a_table_as_excel_writes_it(tmp_path):
    """A `sep=` line, long column names, date and hour apart: read, with the unused columns named."""
    file = tmp_path / "excel.csv"
    file.write_text(
        "sep=;\nNome;E-mail;Data;Ora;Testo del commento\nAnna;a@example.org;05/07/2011;13:22;Boh\n", encoding="utf-8"
    )
    export = read(file)
    (thread,) = export
    assert thread.comments[0].created == datetime(2011, 7, 5, 13, 22)
    assert "columns not used: E-mail" in str(export.loss)


def test_a_table_without_a_known_text_column_is_an_error_that_shows_its_header(tmp_path):
    """It is not taken for plain text without comments."""
    file = tmp_path / "strange.csv"
    file.write_text("Chi;Osservazione\nAnna;boh\nUgo;mah\n", encoding="utf-8")
    with pytest.raises(ReadError, match="Chi, Osservazione"):
        list(read(file))
