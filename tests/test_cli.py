"""The command line as people and scripts meet it: what it writes where, and its exit status."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import networkx as nx
import pytest
import typer.testing

from analyzer import __version__, cli

EXAMPLE = Path(__file__).parent.parent / "corpora" / "examples" / "bottega-digitale.xml"
COMMANDS = (
    *("analyze", "parse", "stances", "replies", "graph", "report", "formats", "activities"),
    *("evaluate", "explain", "train"),
)
THREAD = {
    "id": "forno",
    "title": "Il forno",
    "url": "https://forno.example/1",
    "post": {"author": "Piera Gandolfi", "created": "2012-05-01T09:00", "text": "Che cosa affidereste a un'agenzia?"},
    "comments": [
        {
            "id": "c1",
            "author": "Ugo Marchetti",
            "created": "2012-05-01T10:00",
            "reply_to": None,
            "text": "Io la SEO la affiderei a un'agenzia esterna: è un lavoro da specialisti. "
            "La strategia invece deve restare in azienda.",
        },
        {
            "id": "c2",
            "author": "Lidia Corsi",
            "created": "2012-05-01T11:00",
            "reply_to": None,
            "text": "@Ugo non sono d'accordo: la SEO la teniamo dentro, la facciamo noi e così sarà.",
        },
    ],
}


@pytest.fixture
def forno(tmp_path):
    """A small thread in a file."""
    path = tmp_path / "forno.json"
    path.write_text(json.dumps(THREAD, ensure_ascii=False), encoding="utf-8")
    return path


def process(*args, cwd, stdin=None, **environment):
    """Runs a command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "analyzer", *map(str, args)],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        env={**os.environ, **environment},
        check=False,
        timeout=60,
    )


def records(text):
    return [json.loads(line) for line in text.splitlines()]


def plain(text):
    """A message of the usage box as one line."""
    return " ".join(re.sub("[│╭╮╰╯─]|\x1b\\[[0-9;]*m", " ", text).split())


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# Help, version, what there is


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example(run, command):
    """The help of every command has an example of just that command."""
    result = run(command, "--help")
    assert result.exit_code == 0
    assert f"Example: analyzer {command}" in plain(result.stdout)


def test_every_command_is_tested_here():
    """A new command does not come without an example of its own in its help, nor unseen by these tests."""
    known = {command.name or command.callback.__name__ for command in cli.app.registered_commands}
    assert set(COMMANDS) == known
    for command in cli.app.registered_commands:
        assert re.search(r"Example: `analyzer \w+", command.callback.__doc__), command.callback


def test_help_lists_the_commands(run):
    """The help of the program names every command; without arguments it is shown too, as wrong usage."""
    result = run("--help")
    assert result.exit_code == 0
    assert all(command in result.stdout for command in COMMANDS)
    assert run().exit_code == 2


def test_version_names_program_model_and_data(run):
    """`--version` tells the version of the program, the model and what it was trained on."""
    result = run("--version")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"analyzer {__version__}\nmodel it_comments ")
    assert re.search(r"trained on .*\d+ threads", result.stdout)


def test_formats_lists_every_reader(run):
    """`formats` has a line for each format with its suffixes."""
    lines = run("formats").stdout.splitlines()
    assert [line.split()[0] for line in lines][:2] == ["thread-json", "wxr"]
    assert ".jsonl" in lines[0]


def test_activities_lists_the_taxonomy_and_gives_it_as_toml(run, tmp_path):
    """`activities` has a line for each activity; the TOML that it prints loads as the same taxonomy."""
    listed = run("activities").stdout
    assert listed.startswith("strategy ")
    (tmp_path / "mine.toml").write_text(run("activities", "--toml").stdout, encoding="utf-8")
    assert run("activities", "--activities", "mine.toml").stdout == listed
    assert "  lemmas: " in run("activities", "--terms").stdout


def test_light_commands_load_nothing_heavy(tmp_path):
    """In a fresh process `--help`, `formats` and `parse` import neither spaCy nor sklearn nor matplotlib."""
    code = """if True:
        import sys
        from analyzer.cli import app
        for args in (["--help"], ["formats"], ["parse", sys.argv[1], "--quiet"]):
            try:
                app(args)
            except SystemExit as end:
                assert not end.code, args
            heavy = {"spacy", "sklearn", "matplotlib", "bokeh", "networkx", "numpy"} & set(sys.modules)
            assert not heavy, (args, heavy)
    """
    done = subprocess.run([sys.executable, "-c", code, EXAMPLE], capture_output=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr.decode()


# parse


def test_parse_writes_data_on_stdout_and_the_report_on_stderr(run, forno):
    """Each line of stdout is a thread that reads back equal; the loss report stands on stderr alone."""
    result = run("parse", forno)
    (thread,) = records(result.stdout)
    assert thread["comments"][1]["text"] == THREAD["comments"][1]["text"]
    assert "2 comments in, 2 out" in result.stderr
    again = run("parse", "-", stdin=result.stdout)
    assert again.stdout == result.stdout
    assert "<stdin>" in again.stderr


@pytest.mark.parametrize("command", ["parse", "stances", "replies"])
def test_quiet_says_nothing(run, forno, command):
    """With --quiet nothing but data is written."""
    result = run(command, forno, "--quiet")
    assert (result.exit_code, result.stderr) == (0, "")
    assert records(result.stdout)


def test_verbose_names_every_repair(run, tmp_path):
    """With --verbose a repair is named with its thread, comment and reason."""
    broken = {**THREAD, "comments": [{**THREAD["comments"][0], "reply_to": "c99"}]}
    (tmp_path / "a.json").write_text(json.dumps(broken), encoding="utf-8")
    assert "forno/c1: missing parent" in run("parse", "a.json", "-v").stderr


def test_no_addresses_leave_the_program(run):
    """E-mail and IP addresses of an export are nowhere in what is written."""
    result = run("parse", EXAMPLE)
    assert "@example.org" not in result.stdout
    assert "192.0.2." not in result.stdout
    assert len(records(result.stdout)) == 3


def test_include_brings_comments_back(run):
    """--include keeps the comments of a reason that are otherwise left out, and may be repeated."""

    def count(*options):
        return sum(len(thread["comments"]) for thread in records(run("parse", EXAMPLE, "-q", *options).stdout))

    assert count() < count("--include", "pending") < count("--include", "pending", "--include", "spam")


def test_an_input_named_twice_counts_once(run, forno):
    """The same file by name, by another path and by a glob is read once."""
    assert len(records(run("parse", forno, forno.name, "*.json").stdout)) == 1


def test_stdout_is_utf8_whatever_the_locale(tmp_path):
    """Data in a pipe are UTF-8 also where the system's encoding is not, and a broken character stops nothing."""
    thread = {**THREAD, "title": "Perché \ud83d no"}
    (tmp_path / "a.json").write_text(json.dumps(thread), encoding="utf-8")
    done = process("parse", "a.json", cwd=tmp_path, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.decode("utf-8"))["title"].startswith("Perché")


# Inputs that fail


def cut_xml():
    return EXAMPLE.read_bytes()[:9000]


BAD = {
    "archivio.zip": (b"PK\x03\x04" + bytes(40), "zip"),
    "foto.jpg": (b"\xff\xd8\xff\xe0" + bytes(40), "JPEG"),
    "vuoto.xml": (b"", "empty"),
    "spazi.txt": (b" \n\n", "empty"),
    "altro.xml": (b"<?xml version='1.0'?><listino><voce/></listino>", "XML"),
    "altro.json": (b'{"prezzi": [1, 2]}', "JSON"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_of_another_kind_is_named_with_what_it_is(run, tmp_path, name):
    """What is no export gives status 1, one line that names file and kind, a second that helps, and no data."""
    content, what = BAD[name]
    (tmp_path / name).write_bytes(content)
    result = run("parse", name)
    assert (result.exit_code, result.stdout) == (1, "")
    first, second = result.stderr.splitlines()
    assert first.startswith("analyzer: ")
    assert name in first
    assert what in first
    assert second.startswith("  → ")


@pytest.mark.parametrize("name", ["mancante.xml", "cartella-che-non-c-e/", "*.niente"])
@pytest.mark.parametrize("command", ["parse", "stances", "replies"])
def test_a_missing_file_beside_a_good_one(run, forno, command, name):
    """The good file is written, the missing one named, and the status is 1."""
    result = run(command, name, forno, "-o", "out.jsonl")
    assert result.exit_code == 1
    assert f"analyzer: {name}: no such file or folder" in result.stderr
    assert records((forno.parent / "out.jsonl").read_text("utf-8"))


@pytest.mark.parametrize(
    "args",
    [
        ["parse", "mancante.xml", "-o", "out.jsonl"],
        ["stances", "mancante.xml", "-o", "out.csv"],
        ["replies", "mancante.xml", "-o", "out.csv"],
        ["graph", "mancante.xml", "-o", "out.svg"],
        ["report", "mancante.xml", "-o", "out.html"],
        ["analyze", "mancante.xml", "-o", "out"],
    ],
    ids=lambda args: args[0],
)
def test_where_nothing_could_be_read_nothing_is_written(run, tmp_path, args):
    """If every input fails there is no output at all, not even an empty file or folder."""
    assert run(*args).exit_code == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".html", ".json"])
def test_a_failure_while_writing_leaves_the_old_file(run, forno, monkeypatch, suffix):
    """An output file is replaced whole or not at all, and nothing is left beside it."""
    from analyzer import draw, graph

    target = forno.parent / f"out{suffix}"
    target.write_text("quello di prima", encoding="utf-8")

    def broken(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", broken)
    monkeypatch.setattr(draw, "to_html", lambda *_, **__: "nuovo")
    monkeypatch.setitem(graph.WRITERS, ".json", lambda _: "nuovo")
    result = run("graph", forno, "-o", target, "-q")
    assert result.exit_code == 1
    assert "no space left" in result.stderr
    assert files(forno.parent).keys() == {"forno.json", target.name}
    assert target.read_text("utf-8") == "quello di prima"


def test_an_output_that_cannot_be_written_is_named(run, forno):
    """A folder in the place of the output file, or a file in the place of its folder, is a message."""
    (forno.parent / "cartella").mkdir()
    for place in ("cartella", "forno.json/out.jsonl"):
        result = run("parse", forno, "-o", place, "-q")
        assert result.exit_code == 1
        assert result.stderr.startswith(f"analyzer: {place}: ")
    assert files(forno.parent).keys() == {"forno.json"}


def test_a_file_without_permission_is_named(run, forno, monkeypatch):
    """A file that the system does not open is a failure of that file only."""
    real = open

    def closed(path, *args, **kwargs):
        if str(path).endswith("chiuso.json"):
            raise PermissionError(13, "Permission denied")
        return real(path, *args, **kwargs)

    (forno.parent / "chiuso.json").write_text("{}", encoding="utf-8")
    monkeypatch.setattr("builtins.open", closed)
    result = run("parse", "chiuso.json", forno)
    assert result.exit_code == 1
    assert "chiuso.json: permission denied" in result.stderr
    assert len(records(result.stdout)) == 1


def test_a_truncated_export_gives_what_it_holds_and_says_so(run, tmp_path):
    """Of an XML file that breaks off the whole comments are kept, and it is said that it broke off."""
    (tmp_path / "rotto.xml").write_bytes(cut_xml())
    result = run("parse", "rotto.xml")
    (thread,) = records(result.stdout)
    assert [comment["author"] for comment in thread["comments"]] == ["Ottavio Brenna", "Nives", "Duilio Marzorati"]
    assert re.search(r"rotto\.xml.*cut off", result.stderr)


def test_windows_1252_is_read(run, tmp_path):
    """A pasted thread in Windows-1252 comes out in Unicode."""
    text = "Che cosa fareste voi?\n\nUgo ha scritto:\nPerché no? Così è… già\n\nLidia ha scritto:\nNo\n"
    (tmp_path / "pagina.txt").write_bytes(text.encode("cp1252"))
    (thread,) = records(run("parse", "pagina.txt").stdout)
    assert thread["comments"][0]["text"] == "Perché no? Così è… già"


def test_a_folder_passes_over_what_is_no_export(run, forno):
    """In a folder other files are passed over and named, which is no failure."""
    (forno.parent / "foto.jpg").write_bytes(BAD["foto.jpg"][0])
    result = run("parse", forno.parent)
    assert result.exit_code == 0
    assert "passed over" in result.stderr
    assert "foto.jpg" in result.stderr
    assert len(records(result.stdout)) == 1


@pytest.mark.parametrize("content", [None, b"\xff\xd8\xff\xe0"])
def test_a_folder_without_exports_is_a_failure(run, tmp_path, content):
    """An empty folder, or one with pictures only, gives status 1 and says that it holds no export."""
    (tmp_path / "f").mkdir()
    if content:
        (tmp_path / "f" / "foto.jpg").write_bytes(content)
    result = run("parse", "f")
    assert result.exit_code == 1
    assert "analyzer: f: the folder holds no " in result.stderr


# Wrong usage


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["sbagliato"], "sbagliato"),
        (["parse"], "Missing argument"),
        (["analyze", "forno.json"], "--output"),
        (["parse", "forno.json", "--from", "gazzetta"], "choose from thread-json, wxr"),
        (["parse", "forno.json", "--include", "tutto"], "choose from pending, spam"),
        (["stances", "forno.json", "--format", "xls"], "xls"),
        (["stances", "forno.json", "--min-score", "1.5"], "--min-score"),
        (["stances", "forno.json", "--format", "table", "-o", "a.txt"], "a table is for the terminal"),
        (["replies", "forno.json", "-o", "a.xlsx"], "choose from .jsonl .json .csv .parquet"),
        (["report", "forno.json", "-o", "a.html", "--lang", "de"], "de"),
        (["graph", "forno.json", "-o", "a.doc"], "no graph is written as .doc; choose from .html .svg .png .graphml"),
        (["graph", "forno.json", "-o", "senza"], "no graph is written as a file without suffix"),
        (["graph", "forno.json", "-o", "a.svg", "--level", "thread"], "thread"),
    ],
)
def test_wrong_usage_is_status_2(run, forno, args, message):
    """A wrong command line gives status 2, says what is wrong with the choices, and writes nothing."""
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in plain(result.stderr)
    assert files(forno.parent).keys() == {"forno.json"}


# stances and replies


def test_stances_writes_records_in_the_contracts_order(run, forno):
    """In a pipe stances are JSON lines, their columns in order, their evidence the text at the offsets."""
    found = records(run("stances", forno, "-q").stdout)
    texts = {comment["id"]: comment["text"] for comment in THREAD["comments"]}
    assert found
    for record in found:
        assert ",".join(record) == (
            "thread_id,thread_url,comment_id,author,created,activity,stance,conditional,timeframe,"
            "score,start,end,evidence"
        )
        assert record["evidence"] == texts[record["comment_id"]][record["start"] : record["end"]]
        assert record["stance"] in ("favor", "against", "mixed")
    assert len({(record["comment_id"], record["activity"]) for record in found}) == len(found)


def test_min_score_and_all_choose_among_the_stances(run):
    """--min-score leaves out the less probable, --all adds activities that are only named."""
    found, sure, every = (
        records(run("stances", EXAMPLE, "-q", *options).stdout) for options in ([], ["--min-score", "0.6"], ["--all"])
    )
    assert sure == [record for record in found if record["score"] >= 0.6]
    assert 0 < len(sure) < len(found)
    assert [record for record in every if record["stance"] != "none"] == found
    assert len(every) > len(found)


def test_replies_are_found_without_a_model(run, forno, monkeypatch):
    """`replies` links a mention to its author, with its evidence, and loads no model."""
    monkeypatch.setattr("analyzer.cli.commands.load", None)
    first, second = records(run("replies", forno, "-q").stdout)
    assert (first["comment_id"], first["to_id"]) == ("c1", "post")
    assert (second["to_id"], second["to_author"], second["kind"]) == ("c1", "Ugo Marchetti", "mention")
    assert (second["agreement"], second["evidence"]) == ("disagree", "@Ugo")


@pytest.mark.parametrize("command", ["stances", "replies"])
def test_the_suffix_of_the_output_tells_the_format(run, forno, command):
    """-o writes JSON lines, JSON, CSV or Parquet by suffix, all with the same records, and nothing on stdout."""
    pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    expected = records(run(command, forno, "-q").stdout)
    for suffix in ("jsonl", "json", "csv", "parquet"):
        result = run(command, forno, "-q", "-o", f"sotto/r.{suffix}")
        assert (result.exit_code, result.stdout) == (0, "")
    written = forno.parent / "sotto"
    assert records((written / "r.jsonl").read_text("utf-8")) == expected
    assert json.loads((written / "r.json").read_text("utf-8")) == expected
    assert pq.read_table(written / "r.parquet").to_pylist() == expected
    rows = list(csv.DictReader(io.StringIO((written / "r.csv").read_text("utf-8"))))
    assert [row["comment_id"] for row in rows] == [record["comment_id"] for record in expected]
    assert list(rows[0]) == list(expected[0])


@pytest.mark.parametrize("format", ["jsonl", "json", "csv"])
def test_format_decides_over_the_suffix(run, forno, format):
    """--format says what is written, on stdout and into a file of any suffix alike."""
    shown = run("replies", forno, "-q", "--format", format).stdout
    run("replies", forno, "-q", "--format", format, "-o", "r.dati")
    assert (forno.parent / "r.dati").read_text("utf-8") == shown


def test_a_table_is_for_people_and_holds_no_escape_sequences(run, tmp_path):
    """The table has a column each for what matters; control characters in a name do not reach the terminal."""
    thread = {**THREAD, "comments": [{**THREAD["comments"][0], "author": "Ugo\u001b[31m\u202e"}]}
    (tmp_path / "a.json").write_text(json.dumps(thread), encoding="utf-8")
    shown = run("replies", "a.json", "-q", "--format", "table").stdout
    assert shown.split()[:3] == ["comment_id", "author", "to_id"]
    assert "Ugo" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_parquet_without_pyarrow_is_one_line(run, forno, monkeypatch):
    """Where pyarrow is missing, status 1, what to install, and no file."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    result = run("replies", forno, "-q", "-o", "r.parquet")
    assert result.exit_code == 1
    assert "pip install 'analyzer[parquet]'" in result.stderr
    assert files(forno.parent).keys() == {"forno.json"}


def test_activities_of_ones_own(run, forno):
    """--activities replaces the taxonomy, in stances and in the report's names."""
    mine = '[[activity]]\nid = "motori"\nname = { it = "motori di ricerca", en = "search" }\nphrases = ["la SEO"]\n'
    (forno.parent / "mine.toml").write_text(mine, encoding="utf-8")
    found = records(run("stances", forno, "-q", "--all", "--activities", "mine.toml").stdout)
    assert {record["activity"] for record in found} == {"motori"}
    assert run("analyze", forno, "-q", "-o", "r", "--activities", "mine.toml").exit_code == 0
    summary = json.loads((forno.parent / "r" / "summary.json").read_text("utf-8"))
    assert list(summary["authors_by_activity"]) == ["motori"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[[activity]\n", "not TOML"),
        ("", "no [[activity]]"),
        ('[[activity]]\nid = "a"\n', "has no term"),
        ('[[activity]]\nid = "a"\nfrasi = ["b"]\n', "unknown key frasi"),
        (None, "no such file"),
    ],
)
def test_a_broken_activities_file_is_named(run, forno, content, message):
    """A taxonomy that does not hold together gives status 1, with file and place."""
    if content is not None:
        (forno.parent / "mine.toml").write_text(content, encoding="utf-8")
    result = run("activities", "--activities", "mine.toml")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("analyzer: mine.toml")
    assert message in result.stderr


def test_a_broken_activities_file_leaves_no_output(run, forno):
    """Where the taxonomy cannot be loaded, nothing is written."""
    result = run("stances", forno, "-q", "--activities", "mine.toml", "-o", "s.csv")
    assert result.exit_code == 1
    assert result.stderr.startswith("analyzer: mine.toml")
    assert files(forno.parent).keys() == {"forno.json"}


def test_a_model_that_is_none_is_named(run, forno):
    """--model with a folder that holds no model gives status 1 and says what it needs."""
    result = run("stances", forno, "-q", "--model", "modello")
    assert result.exit_code == 1
    assert "analyzer: modello: " in result.stderr


# graph, report, analyze


@pytest.mark.parametrize("level", ["author", "comment"])
@pytest.mark.parametrize(
    ("suffix", "begin"),
    [
        (".html", b"<!DOCTYPE html>"),
        (".svg", b"<?xml"),
        (".png", b"\x89PNG"),
        (".graphml", b"<graphml"),
        (".gexf", b"<gexf"),
        (".dot", b"digraph"),
        (".json", b"{"),
        (".cyjs", b"{"),
        (".csv", b"source,target,"),
        (".SVG", b"<?xml"),
    ],
)
def test_graph_is_written_by_suffix(run, forno, suffix, begin, level):
    """Each suffix gives its format at both levels."""
    result = run("graph", forno, "-q", "-o", f"g{suffix}", "--level", level)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    assert (forno.parent / f"g{suffix}").read_bytes().startswith(begin)


def test_graph_levels_have_their_nodes(run, forno):
    """Nodes are people by default and comments on request."""
    for level, nodes in (("author", {"ugomarchetti", "lidiacorsi"}), ("comment", {"forno/c1", "forno/c2"})):
        run("graph", forno, "-q", "-o", "g.json", "--level", level)
        written = json.loads((forno.parent / "g.json").read_text("utf-8"))
        assert nodes <= set(nx.node_link_graph(written, edges="links"))


def test_report_is_in_the_language_asked_for(run, forno):
    """The page is Italian unless English is asked for, and holds the loss report."""
    for options, word in (([], "Che cosa è stato letto"), (["--lang", "en"], "What was read")):
        assert run("report", forno, "-o", "r.html", *options).exit_code == 0
        page = (forno.parent / "r.html").read_text("utf-8")
        assert word in page
        assert "2 comments in, 2 out" in page
        assert str(forno.parent) not in page


def test_analyze_writes_everything_and_the_same_bytes_again(run, tmp_path):
    """`analyze` writes all its files; a second run, over the folder that now holds them too, gives the same bytes."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.xml").write_bytes(EXAMPLE.read_bytes())
    first = run("analyze", "in", "-o", "in/report")
    assert first.exit_code == 0
    assert "Report: in/report/report.html" in first.stdout
    assert "3 threads" in first.stderr
    written = files(tmp_path / "in" / "report")
    assert written.keys() == {
        "report.html",
        "summary.json",
        *(f"{name}.{suffix}" for name in ("stances", "replies", "mentions") for suffix in ("csv", "jsonl")),
        *(f"graph.{suffix}" for suffix in ("html", "svg", "png", "graphml", "gexf", "dot", "json")),
    }
    assert all(written.values())
    again = run("analyze", "in", "-o", "in/report")
    assert again.stdout == first.stdout
    assert files(tmp_path / "in" / "report") == written

    summary = json.loads(written["summary.json"])
    stances, replies = records(written["stances.jsonl"].decode()), records(written["replies.jsonl"].decode())
    assert sum(summary["stances"].values()) == len(stances)
    assert sum(summary["replies_by_kind"].values()) == len(replies)
    assert sum(summary["replies_by_agreement"].values()) == len(replies)
    comments = summary["total"]["comments"]
    assert comments["in"] == comments["out"] + sum(summary["total"]["left_out"].values())
    assert summary["total"]["threads"] == 3
    page = written["report.html"].decode()
    assert page.count('<span class="tag ') == len(stances)


def test_analyze_beside_a_missing_file_writes_the_rest(run, forno):
    """A failure among the inputs gives status 1 and a whole report on the others."""
    result = run("analyze", forno, "mancante.xml", "-o", "r", "-q")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "mancante.xml" in result.stderr
    assert "forno" in (forno.parent / "r" / "report.html").read_text("utf-8")


def test_analyze_says_where_nobody_takes_a_position(run, tmp_path):
    """A thread without stances is no failure; the summary says that none was found."""
    (tmp_path / "a.txt").write_text("Che ne dite?\n\nUgo ha scritto:\nBella domanda.\n", encoding="utf-8")
    result = run("analyze", "a.txt", "-o", "r")
    assert result.exit_code == 0
    assert "No stance on outsourcing an activity was found." in result.stdout


# The process


@pytest.mark.skipif(os.name != "posix", reason="pipes of this kind")
@pytest.mark.parametrize(
    "args", [["parse", EXAMPLE, EXAMPLE.name], ["activities", "--terms"]], ids=["parse", "activities"]
)
def test_a_reader_that_leaves_early_is_no_error(tmp_path, args):
    """With stdout closed at the other end, as by `head`, the program ends quietly with status 0."""
    (tmp_path / EXAMPLE.name).write_bytes(EXAMPLE.read_bytes())
    read_end, write_end = os.pipe()
    os.close(read_end)
    quiet = ["--quiet"] if args[0] == "parse" else []
    done = subprocess.run(
        [sys.executable, "-m", "analyzer", *map(str, args), *quiet],
        stdout=write_end,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        check=False,
    )
    os.close(write_end)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_process_ends_with_the_status_and_one_message(tmp_path):
    """Run for real, a user's mistake ends with status 1 and two lines, no traceback; standard input works."""
    done = process("replies", "mancante.xml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert len(done.stderr.decode().splitlines()) == 2
    piped = process("replies", "-", "--quiet", cwd=tmp_path, stdin=json.dumps(THREAD).encode())
    assert (piped.returncode, piped.stderr) == (0, b"")
    assert len(records(piped.stdout.decode())) == 2


@pytest.mark.skipif(os.name != "posix", reason="pseudo-terminals")
@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}], ids=["colour", "NO_COLOR"])
def test_a_terminal_gets_a_table(tmp_path, environment):
    """On a terminal records are a table, in bold at most where NO_COLOR asks for no colour."""
    import pty

    (tmp_path / "a.json").write_text(json.dumps(THREAD), encoding="utf-8")
    control, terminal = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "analyzer", "replies", "a.json", "--quiet"],
        stdout=terminal,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "200", **environment},
        check=False,
    )
    os.close(terminal)
    shown = os.read(control, 65536).decode()
    os.close(control)
    assert (done.returncode, done.stderr) == (0, b"")
    assert "comment_id" in shown
    assert '{"' not in shown
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", shown)


def test_an_export_that_cannot_be_read_yet_fails_even_in_a_folder(tmp_path):
    """A folder with a Disqus export beside a good file: the good one is written, the other named, status 1."""
    (tmp_path / "good.csv").write_text("autore;commento\nAnna;Il sito lo affido fuori\n", encoding="utf-8")
    (tmp_path / "old.xml").write_text('<?xml version="1.0"?><disqus xmlns="http://disqus.com"/>', encoding="utf-8")
    (tmp_path / "logo.png").write_bytes(b"\x89PNG....")
    result = typer.testing.CliRunner().invoke(cli.app, ["parse", str(tmp_path)])
    assert result.exit_code == 1
    assert '"author": "Anna"' in result.stdout
    assert "a Disqus export, which cannot be read yet" in result.stderr
    assert "passed over" in result.stderr


def test_threads_of_equal_ids_are_told_apart_in_the_records(tmp_path):
    """Two files that give the same thread id give two ids, and say so."""
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "blog.csv").write_text("autore;commento\nAnna;Ciao\n", encoding="utf-8")
    result = typer.testing.CliRunner().invoke(cli.app, ["parse", str(tmp_path)])
    assert [json.loads(line)["id"] for line in result.stdout.splitlines()] == ["blog", "blog-2"]
    assert "this one is blog-2" in result.stderr
