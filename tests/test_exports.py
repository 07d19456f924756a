"""Files made elsewhere: other projects' fixtures and a real thread, which lie beside the repository where it was built."""

from pathlib import Path

import pytest

from analyzer.errors import UnknownFormatError
from analyzer.readers import read

SHARED = Path(__file__).resolve().parents[2] / "shared"
EXPORTS = SHARED / "exports"
THREAD = SHARED / "threads" / "outsourcing.txt"

needs_exports = pytest.mark.skipif(not EXPORTS.is_dir(), reason="the folder of other projects' fixtures is not here")
needs_thread = pytest.mark.skipif(not THREAD.is_file(), reason="the real thread is not here")


@needs_exports
@pytest.mark.parametrize(
    ("name", "threads", "found", "kept", "replies", "authors"),
    [
        ("wxr-1.0.xml", 1, 1, 1, 0, 1),
        ("wxr-crazy-cdata.xml", 0, 0, 0, 0, 0),
        ("wxr-malformed.xml", 0, 0, 0, 0, 0),
        ("wxr-repeated-id.xml", 2, 8, 8, 3, 5),
        ("wxr-theme-unit-test.xml", 6, 33, 26, 9, 13),
    ],
)
def test_counts_are_those_of_the_independent_scripts(name, threads, found, kept, replies, authors):
    """Comments found, kept (approved without pings), replies, authors and threads with comments are as counted before."""
    export = read(EXPORTS / name)
    read_threads = list(export)
    comments = [comment for thread in read_threads for comment in thread.comments]
    assert export.reader.name == "wxr"
    assert len(read_threads) == export.loss.threads == threads
    assert (export.loss.found, export.loss.kept) == (found, kept)
    assert len(comments) == kept + export.loss.empty_parents
    assert sum(comment.reply_to is not None for comment in comments) == replies
    assert len({comment.author for comment in comments if comment.author}) == authors


@needs_exports
def test_what_is_left_out_of_the_theme_test_is_counted_and_can_be_brought_back():
    """Three unapproved comments and four pings are left out; with them, all 33 with ten replies by 20 people are there."""
    path = EXPORTS / "wxr-theme-unit-test.xml"
    export = read(path)
    list(export)
    assert export.loss.left_out == {"pending": 3, "pingback": 2, "trackback": 2}
    comments = [comment for thread in read(path, include=export.loss.left_out) for comment in thread.comments]
    assert len(comments) == 33
    assert sum(comment.reply_to is not None for comment in comments) == 10
    assert len({comment.author for comment in comments}) == 20


@needs_exports
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("blogger-pelican.xml", "an Atom feed (a Blogger export?), which cannot be read yet"),
        ("commento.json", "JSON that is not thread JSON"),
        ("disqus-isso.xml", "a Disqus export, which cannot be read yet"),
        ("disqus-junk-before-declaration.xml", "a Disqus export, which cannot be read yet"),
        ("isso-generic.json", "JSON that is not thread JSON"),
        ("movabletype-blog.txt", "a Movable Type export, which cannot be read yet"),
        ("page-h-cite.html", "a web page, which cannot be read yet"),
    ],
)
def test_formats_without_a_reader_are_called_by_name(name, said):
    """An export of another program is refused in a sentence that says what it is."""
    with pytest.raises(UnknownFormatError) as caught:
        read(EXPORTS / name)
    assert str(caught.value) == f"{EXPORTS / name}: {said}"


@needs_thread
def test_the_real_thread_is_parted_and_signed_as_a_careful_reader_does():
    """Five comments come out of the pasted page, each with its author and a reason for thinking so."""
    export = read(THREAD)
    [thread] = export
    assert (export.reader.name, export.loss.found, export.loss.kept) == ("plain-text", 5, 5)
    assert [(comment.id, comment.author.name, comment.author.inferred) for comment in thread.everything] == [
        ("post", "Leonardo", "addressed as the host in c2"),
        ("c1", "Gianluigi", "the only comment left that Gianluigi, named in c3, can have written"),
        ("c2", "Giovanni", "signs the comment"),
        ("c3", "Marilena", "the only comment left that Marilena, named in c5, can have written"),
        ("c4", "Leonardo", "answers several readers, so the host"),
        ("c5", "Leonardo", "answers several readers, so the host"),
    ]
    assert all(comment.reply_to is None and comment.created is None for comment in thread.comments)


@needs_thread
def test_nothing_of_the_real_thread_is_lost():
    """Post and comments together hold every line of the file, in order."""
    [thread] = read(THREAD)
    lines = [line for comment in thread.everything for line in comment.text.split("\n")]
    assert lines == [line.strip() for line in THREAD.read_text("utf-8").splitlines() if line.strip()]
