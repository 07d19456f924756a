"""The tools of the corpus: drafts become gold threads, one or many a file, and mistakes are named by their line."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from analyzer.gold import read_gold

COMPILE = Path(__file__).parent.parent / "scripts" / "compile_threads"
DRAFT = """# title: Chi scrive?
== post | Carla Riva | 2011-04-02T09:10
I testi li scriviamo noi.
>> stance content_creation against present :: I testi li scriviamo noi
== c1 | ada | 2011-04-02T11:32
da me uno studio.
>> reply post none disagree
"""


def compiled(folder, text):
    (folder / "bozza.txt").write_text(text, encoding="utf-8")
    return subprocess.run(
        [sys.executable, COMPILE, folder / "bozza.txt", "-o", folder / "gold"],
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_draft_becomes_a_gold_thread(tmp_path):
    """The thread is named after its file, and its evidence has offsets."""
    assert compiled(tmp_path, DRAFT).returncode == 0
    (gold,) = read_gold([tmp_path / "gold" / "bozza.json"])
    assert (gold.thread.id, gold.thread.title, gold.stances[0].span) == ("bozza", "Chi scrive?", (0, 24))


def test_several_threads_in_a_draft_become_json_lines(tmp_path):
    """Each after its id; reading the folder gives them in order."""
    assert compiled(tmp_path, f"# id: uno\n{DRAFT}\n# id: due\n{DRAFT}").returncode == 0
    assert len((tmp_path / "gold" / "bozza.jsonl").read_text(encoding="utf-8").splitlines()) == 2
    assert [gold.thread.id for gold in read_gold([tmp_path / "gold"])] == ["uno", "due"]


def test_a_broken_line_of_gold_is_named(tmp_path):
    """The error has the file and the number of the line."""
    compiled(tmp_path, f"# id: uno\n{DRAFT}")
    file = tmp_path / "gold" / "bozza.jsonl"
    line = json.loads(file.read_text(encoding="utf-8"))
    line["gold"]["stances"][0]["evidence"] = "altro"
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{json.dumps(line)}\n", encoding="utf-8")
    with pytest.raises(Exception, match=r"bozza\.jsonl, line 3: post: 'altro' is not the text"):
        read_gold([file])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (":: I testi li scriviamo noi", ":: altro", "bozza.txt:14: the evidence must stand exactly once"),
        (">> reply post none disagree\n", "", "bozza.txt:15: c1 has no >> reply"),
        ("against present", "contro", "bozza.txt:14: want: >> stance"),
    ],
)
def test_a_mistake_is_named_by_its_line(tmp_path, old, new, message):
    """Also in the second thread of a draft the line is that of the file."""
    result = compiled(tmp_path, f"# id: uno\n{DRAFT}\n# id: due\n{DRAFT.replace(old, new)}")
    assert result.returncode == 1
    assert message in result.stderr
