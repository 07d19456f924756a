"""Threads as values: what is refused, what is repaired, and that nothing is lost on the way to JSON and back."""

import json
from collections import Counter
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analyzer.errors import ThreadError
from analyzer.text import from_plain
from analyzer.thread import POST, Author, Comment, Problem, Thread

QUESTION = Comment(id=POST, author=None, text="E voi?")
IDS = ["1", "2", "3", "4", "5", "6"]


def comment(id, reply_to=None, *, day=None, text="Boh.", author="Tosca Neri", quotes=()):
    """A comment, written on that day of April 2013."""
    created = datetime(2013, 4, day, tzinfo=UTC) if day else None
    return Comment(id=id, author=Author.named(author), text=text, created=created, reply_to=reply_to, quotes=quotes)


def assembled(*comments, **more):
    return Thread.assemble(id="t", post=QUESTION, comments=comments, **more)


def order(thread):
    return [comment.id for comment in thread.comments]


def noted(thread):
    return [(problem.comment_id, problem.reason) for problem in thread.problems]


def authors(**more):
    return st.none() | st.builds(Author.named, st.text(max_size=12), **more)


TEXTS = st.text(max_size=40) | st.sampled_from(["> uno\ndue", "uno\n\n> due\n> tre", " uno\r\n", "perche\u0300", ""])
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
DATES = st.none() | st.datetimes() | st.datetimes(timezones=OFFSETS)
SPANS = st.lists(st.tuples(st.integers(-2, 45), st.integers(-2, 45)), max_size=3).map(tuple)
COMMENTS = st.builds(
    Comment,
    id=st.sampled_from(["", POST, "c2", "1-2", *IDS]) | st.text(max_size=3),
    author=authors(),
    text=TEXTS,
    created=DATES,
    reply_to=st.none() | st.sampled_from([POST, "assente", *IDS]),
    quotes=SPANS,
)
FINAL_TEXTS = TEXTS.map(lambda text: from_plain(text)[0])
FINAL_COMMENTS = st.builds(
    Comment,
    id=st.sampled_from(IDS) | st.text(min_size=1, max_size=3).filter(lambda id: id == id.strip() != ""),
    author=authors(inferred=st.none() | st.just("signs the comment")),
    text=FINAL_TEXTS,
    created=DATES,
    reply_to=st.none() | st.sampled_from([POST, *IDS]),
    quotes=SPANS,
)


@pytest.mark.parametrize(
    ("name", "id", "shown"),
    [
        (" Anna  Bianchi ", "annabianchi", "Anna Bianchi"),
        ("anna.bianchi@example.org", "annabianchi", "anna.bianchi"),
        ("Anna @example.org", "anna", "Anna"),
        ("@anna", "anna", "@anna"),
        ("Gian\nLuigi", "gianluigi", "Gian Luigi"),
    ],
)
def test_an_author_has_a_key_and_a_name_without_address(name, id, shown):
    """The id is the name's key; what follows the @ of an address is gone."""
    assert Author.named(name) == Author(id=id, name=shown)


@pytest.mark.parametrize("name", [None, "", "  ", "***", "@", "?!"])
def test_a_name_without_letters_is_nobody(name):
    """Signs alone name no author."""
    assert Author.named(name) is None


@given(st.text())
def test_naming_an_author_again_changes_nothing(name):
    """The name of an author names the same author."""
    author = Author.named(name)
    assert author is None or Author.named(author.name) == author


def test_threads_are_values():
    """Threads of equal parts are equal, hash alike and cannot be changed."""
    one, other = assembled(comment("1")), assembled(comment("1"))
    assert one == other
    assert len({one, other}) == 1
    with pytest.raises(FrozenInstanceError):
        one.title = "altro"


def test_problems_are_not_part_of_what_a_thread_is():
    """How a thread was read does not make it another thread."""
    assert assembled(comment("1"), problems=[Problem(comment_id="1", reason="no date")]) == assembled(comment("1"))


@pytest.mark.parametrize(
    ("comments", "said"),
    [
        ([comment("1"), comment("1")], "'1' is empty or stands twice"),
        ([comment("")], "'' is empty or stands twice"),
        ([comment(POST)], "'post' is empty or stands twice"),
        ([comment("1", "1")], "1 answers '1', which is not before it"),
        ([comment("2", "1"), comment("1")], "2 answers '1', which is not before it"),
        ([comment("1", "9")], "1 answers '9', which is not before it"),
        ([comment("1", quotes=((0, 5),))], "quote outside its text"),
        ([comment("1", quotes=((2, 2),))], "quote outside its text"),
        ([comment("1", quotes=((-1, 2),))], "quote outside its text"),
    ],
)
def test_a_broken_thread_cannot_be_built(comments, said):
    """The constructor refuses what `assemble` would repair, and names the comment."""
    with pytest.raises(ThreadError, match=said):
        Thread(id="t", post=QUESTION, comments=tuple(comments))


def test_the_post_is_called_post():
    """A post under another id is refused with the id that it must have."""
    with pytest.raises(ThreadError, match="'0'") as caught:
        Thread(id="t", post=replace(QUESTION, id="0"))
    assert "'post'" in caught.value.hint


@pytest.mark.parametrize(
    ("comments", "ids", "reasons"),
    [
        (
            [comment("1"), comment("1"), comment("1")],
            ["1", "1-2", "1-3"],
            [("1-2", "repeated id"), ("1-3", "repeated id")],
        ),
        ([comment("1"), comment("1-2"), comment("1")], ["1", "1-2", "1-3"], [("1-3", "repeated id")]),
        ([comment(""), comment("")], ["c1", "c2"], [("c1", "no id"), ("c2", "no id")]),
        ([comment("c2"), comment("")], ["c2", "c2-2"], [("c2-2", "no id")]),
        ([comment(POST)], ["post-2"], [("post-2", "repeated id")]),
    ],
)
def test_ids_are_made_unique(comments, ids, reasons):
    """Repeated, missing and reserved ids are replaced, each with a note."""
    thread = assembled(*comments)
    assert (order(thread), noted(thread)) == (ids, reasons)


def test_a_reply_to_a_repeated_id_answers_the_first():
    """Where two comments have one id, replies belong to the first of them."""
    thread = assembled(comment("1"), comment("1"), comment("2", "1"))
    assert thread.comments[-1].reply_to == "1"


@pytest.mark.parametrize(
    ("comments", "parents", "reasons"),
    [
        ([comment("1", "9")], [None], [("1", "missing parent")]),
        ([comment("1", "1")], [None], [("1", "own parent")]),
        ([comment("1", "2"), comment("2", "1")], [None, "1"], [("1", "cycle of parents")]),
        ([comment("1", "2"), comment("2", "3"), comment("3", "2")], ["2", None, "2"], [("2", "cycle of parents")]),
        ([comment("1", POST), comment("2", "1")], [POST, "1"], []),
    ],
)
def test_bad_parents_are_replaced_by_the_post(comments, parents, reasons):
    """A missing, own or cyclic parent goes, one link a cycle, and every other link stays."""
    thread = assembled(*comments)
    found = {comment.id: comment.reply_to for comment in thread.comments}
    assert [found[comment.id] for comment in comments] == parents
    assert noted(thread) == reasons


@pytest.mark.parametrize(
    ("comments", "ids"),
    [
        ([comment("1", day=3), comment("2", day=1), comment("3", day=2)], ["2", "3", "1"]),
        ([comment("1", day=2), comment("2"), comment("3", day=1)], ["3", "1", "2"]),
        ([comment("1"), comment("2", day=1), comment("3")], ["1", "2", "3"]),
        ([comment("2", "1", day=1), comment("1", day=3), comment("3", day=4)], ["1", "2", "3"]),
        (
            [comment("3", "2", day=1), comment("2", "1", day=2), comment("1", day=3), comment("4", "1", day=2)],
            ["1", "2", "3", "4"],
        ),
        ([comment("2", "1"), comment("3"), comment("1")], ["3", "1", "2"]),
        ([comment("1", day=1), comment("2", day=1)], ["1", "2"]),
    ],
)
def test_comments_stand_in_posting_order(comments, ids):
    """By date, those without where they stood, and no reply above its parent."""
    assert order(assembled(*comments)) == ids


def test_dates_with_and_without_offset_are_put_in_one_order():
    """A date without offset is taken for UTC and does not make ordering fail."""
    late = replace(comment("1"), created=datetime.fromisoformat("2013-04-02T01:30:00+02:00"))
    early = replace(comment("2"), created=datetime.fromisoformat("2013-04-01T23:00:00"))
    assert order(assembled(late, early)) == ["2", "1"]


def test_an_order_that_is_given_is_kept():
    """Comments said to be in order are not put in that of their dates; replies still come after their parents."""
    comments = [comment("1", day=3), comment("3", "2", day=2), comment("2", day=1)]
    assert order(assembled(*comments, in_order=True)) == ["1", "2", "3"]


def test_a_quote_outside_the_text_goes_with_a_note():
    """`assemble` keeps the quotes that lie in the text and says that others did not."""
    thread = assembled(comment("1", text="Boh.", quotes=((0, 3), (2, 9))))
    assert thread.comments[0].quotes == ((0, 3),)
    assert noted(thread) == [("1", "quote outside the text")]


@given(st.lists(COMMENTS, max_size=8), st.booleans())
def test_assemble_loses_no_comment_and_leaves_no_reply_above_its_parent(comments, in_order):
    """Whatever ids, parents, dates and quotes an export gives, the thread is sound and holds every comment."""
    thread = assembled(*comments, in_order=in_order)

    def words(some):
        return Counter((comment.author, comment.text, comment.created) for comment in some)

    assert words(thread.comments) == words(comments)
    seen = {POST}
    for here in thread.comments:
        assert here.reply_to is None or here.reply_to in seen
        assert here.id not in seen
        seen.add(here.id)
    lost = sum(comment.reply_to is not None for comment in comments)
    lost -= sum(comment.reply_to is not None for comment in thread.comments)
    assert lost == sum("parent" in reason for _, reason in noted(thread))


@given(
    st.builds(
        Thread.assemble,
        id=st.text(min_size=1, max_size=5),
        title=st.none() | st.just("Chi cura il sito?"),
        url=st.none() | st.just("https://blog.example.org/sito"),
        post=st.builds(Comment, id=st.just(POST), author=authors(), text=FINAL_TEXTS, created=DATES, quotes=SPANS),
        comments=st.lists(FINAL_COMMENTS, max_size=8),
    )
)
@example(assembled(comment("1", day=3), comment("2"), comment("3", "1", day=1)))
@example(assembled(comment("1", text="> no\nPerché?")))
def test_a_thread_is_written_to_json_and_read_back_equal(thread):
    """Through JSON text and back, a thread is the same value, and reading it needs no repair."""
    again = Thread.from_json(json.loads(json.dumps(thread.to_json())))
    assert again == thread
    assert again.problems == ()


def test_the_json_of_a_thread_is_that_of_the_contract():
    """The keys stand as agreed; the post has no id and no parent; optional ones only where they say something."""
    inferred = replace(comment("1", POST, day=2), author=Author.named("Tosca", inferred="signs the comment"))
    thread = assembled(inferred, comment("2", text="> no", quotes=((0, 4),), author=None), title="Chi?", url=None)
    assert thread.to_json() == {
        "id": "t",
        "title": "Chi?",
        "url": None,
        "post": {"author": None, "created": None, "text": "E voi?"},
        "comments": [
            {
                **{"id": "1", "author": "Tosca", "created": "2013-04-02T00:00:00+00:00", "reply_to": "post"},
                **{"text": "Boh.", "author_inferred": "signs the comment"},
            },
            {"id": "2", "author": None, "created": None, "reply_to": None, "text": "> no", "quotes": [[0, 4]]},
        ],
    }


def thread_json(**changes):
    return {"id": "t", "post": {"text": "E voi?"}, "comments": [{"id": "1", "text": "Boh."}], **changes}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "a `post` object and a `comments` list"),
        (thread_json(post="E voi?"), "a `post` object"),
        (thread_json(comments={"1": "Boh."}), "a `comments` list"),
        (thread_json(id=""), "a thread without `id`"),
        (thread_json(id=None), "a thread without `id`"),
        (thread_json(comments=["Boh."]), "comment c1 is str"),
        (thread_json(comments=[{"text": "Boh.", "quotes": [1]}]), "comment c1: quotes"),
        (thread_json(comments=[{"text": "Boh.", "quotes": 3}]), "comment c1: quotes"),
        (thread_json(comments=[{"text": "Boh.", "quotes": [["a", "b"]]}]), "comment c1: quotes"),
    ],
)
def test_json_that_is_no_thread_is_refused(data, said):
    """What has not the shape of a thread is a ThreadError that names the place."""
    with pytest.raises(ThreadError, match=said):
        Thread.from_json(data)


def test_unknown_keys_are_left_out_with_a_note_and_gold_without():
    """Keys that the format does not have are noted for thread, post and comments; `gold` belongs to others."""
    data = thread_json(likes=1, gold={}, post={"text": "E voi?", "tags": []})
    data["comments"][0]["score"] = 2
    thread = Thread.from_json(data)
    assert [(problem.comment_id, problem.detail) for problem in thread.problems] == [
        (None, "likes"),
        ("1", "score"),
        (POST, "tags"),
    ]
    assert thread == Thread.from_json(thread_json())


@pytest.mark.parametrize("text", [None, 3, ["Boh."]])
def test_a_text_that_is_no_string_is_empty(text):
    """A comment without words stands in the thread as an empty place."""
    assert Thread.from_json(thread_json(comments=[{"text": text}])).comments[0].text == ""


@given(TEXTS)
def test_text_from_json_is_final(text):
    """Thread JSON written by others gets the same final text as any export."""
    assert Thread.from_json(thread_json(comments=[{"text": text}])).comments[0].text == from_plain(text)[0]
