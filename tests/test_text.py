"""Final text: what markup and plain text become, where quotes are, how names and dates are read."""

import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from analyzer.text import clean, fold, from_field, from_html, from_plain, name_key, parse_date, quoted_lines

MARKUP = st.lists(
    st.sampled_from(
        [
            *("<blockquote>", "</blockquote>", "<q>", "</q>", "<p>", "</p>", "<ul><li>", "</li></ul>", "<br>", "<div>"),
            *("<a href='https://a.example/b'>", "</a>", "<img alt='foto'>", "<script>", "</script>", "</body>", "<!--"),
            *("-->", "<![CDATA[", "]]>", "&amp;", "&lt;b&gt;", "&#0;", "&#11;", "&#xE000;", "&#xE001;", "&nbsp;", "&x"),
            *(
                "<",
                ">",
                "\n",
                "\n> ",
                "\t",
                "\r\n",
                "\xa0",
                "\x00",
                "\u0300",
                "\u2028",
                "\ue000",
                "\ud800",
                "parola",
                "è",
            ),
        ]
    )
    | st.text(max_size=5),
    max_size=30,
).map("".join)


@pytest.mark.parametrize(
    ("raw", "final"),
    [
        ("uno\r\ndue\rtre", "uno\ndue\ntre"),
        ("uno \t\n\n\n\n due", "uno\n\n due"),
        ("  uno\xa0due \n", "uno due"),
        ("perche\u0300", "perch\u00e8"),
        ("a\x00b\x0bc\ufeff", "abc"),
        ("uno\u2028due\u2029tre", "uno\ndue\n\ntre"),
        ("coda \ud83d", "coda \ufffd\ufffd\ufffd"),
        (" \n\t\n", ""),
    ],
)
def test_clean_gives_the_final_form(raw, final):
    """Newlines, spaces, accents and characters that nobody sees get one form."""
    assert clean(raw) == final


@given(st.text() | MARKUP)
def test_clean_is_idempotent(text):
    """What is clean stays as it is, in NFC and without padding."""
    final = clean(text)
    assert clean(final) == final == final.strip()
    assert unicodedata.is_normalized("NFC", final)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>uno</p><p>due</p>", "uno\n\ndue"),
        ("uno<br>due<br/><br/>tre", "uno\ndue\n\ntre"),
        ("uno\n\ndue", "uno\n\ndue"),
        ("<b>uno</b><i>due</i>", "unodue"),
        ("a &amp;amp; b &egrave; &#8220;c&#8221;", "a &amp; b è “c”"),
        ("5 < 6 e <3", "5 < 6 e <3"),
        ('<a href="https://a.example/b">qui</a>', "qui (https://a.example/b)"),
        ('<a href="https://a.example/b">https://a.example/b</a>', "https://a.example/b"),
        ('<a href="https://www.a.example/lungo/b">a.example/lungo…</a>', "a.example/lungo…"),
        ('<a href="javascript:x()">qui</a> <a href="#c2">là</a>', "qui là"),
        ('<img src="x.gif" alt=":-)"> ciao', ":-) ciao"),
        ("<script>x()</script><style>p{}</style>ciao<!-- nota -->", "ciao"),
        ("uno</body></html>due", "uno  due"),
        ("<li>uno", "- uno"),
        ("<div>" * 300 + "<p>uno</p><p>due</p>", "uno\n\ndue"),
        ("<p>mai chiuso <b>due", "mai chiuso due"),
        ("", ""),
        ("<p></p>", ""),
    ],
)
def test_html_becomes_text_that_keeps_paragraphs_links_and_pictures(markup, text):
    """Tags go, what they say stays, entities are resolved once."""
    assert from_html(markup)[0] == text


def test_newlines_of_a_web_page_do_not_count():
    """In a page, line breaks in the source are spaces; only tags part lines."""
    assert from_html("<p>uno\n  due</p>\n<p>tre<br> quattro</p>", newlines=False)[0] == "uno due\n\ntre\nquattro"


@pytest.mark.parametrize(
    ("markup", "quoted"),
    [
        ("<blockquote><p>uno</p><p>due</p></blockquote>tre", ["uno\n\ndue"]),
        ("prima <q> uno </q>dopo", ["uno"]),
        ("<blockquote>uno<blockquote>due</blockquote></blockquote>tre", ["uno\n\ndue"]),
        ("<blockquote>uno</blockquote><blockquote>due</blockquote>", ["uno", "due"]),
        ("<p>uno</p><blockquote> <p> </p></blockquote><p>due</p>", []),
        ("&gt; uno\n&gt; due\ntre", ["> uno\n> due"]),
        ("<blockquote>uno</blockquote>due\n&gt; tre", ["uno", "> tre"]),
        ("&#xE000;uno&#xE001; due", []),
        ("<blockquote>mai chiusa", ["mai chiusa"]),
    ],
)
def test_quotes_are_spans_of_the_text(markup, quoted):
    """What the markup quotes is found at its offsets, nested quotes as one, empty ones not at all."""
    text, spans = from_html(markup)
    assert [text[start:end] for start, end in spans] == quoted


def test_words_beside_an_inline_quote_stay_apart():
    """The space inside the tags of a quote is still a space when the tags are gone."""
    assert from_html("prima<q> uno </q>dopo")[0] == "prima uno dopo"


@given(MARKUP, st.booleans())
@example("a<q>\u0301</q>", True)
@example("uno\n\n<blockquote>\n</blockquote>\n\ndue", True)
def test_any_markup_becomes_final_text_with_spans_inside(markup, newlines):
    """No markup raises, the text is final, and every quote lies inside it without spaces at its edges."""
    text, spans = from_html(markup, newlines=newlines)
    assert clean(text) == text
    assert list(spans) == sorted(set(spans))
    for start, end in spans:
        assert 0 <= start < end <= len(text)
        assert not text[start].isspace()
        assert not text[end - 1].isspace()
    if "\ue000" in text or "\ue001" in text:
        pytest.fail("a quote mark left the module")


@given(MARKUP)
def test_final_text_is_read_back_as_it_is(markup):
    """What a reader gives is plain text that reading as plain text leaves alone."""
    text, _ = from_html(markup)
    assert from_plain(text)[0] == text


@pytest.mark.parametrize("markup", ["<div>" * 5000, "<blockquote>" * 5000, "<p>" + " " * 500_000, "<b>" * 300])
def test_deep_and_long_markup_keeps_its_words_and_takes_no_time(markup):
    """Markup deeper or longer than a parser likes gives its words all the same."""
    assert from_html(markup + "parola")[0].strip() == "parola"


@pytest.mark.parametrize(
    ("value", "text", "spans"),
    [
        ("<p>uno</p>due", "uno\n\ndue", ()),
        ("5 < 6 > 4", "5 < 6 > 4", ()),
        ("&egrave; vero", "è vero", ()),
        ("AT&T; e basta & poi", "AT&T; e basta & poi", ()),
        ("> uno\ndue", "> uno\ndue", ((0, 5),)),
    ],
)
def test_a_field_may_hold_markup_or_not(value, text, spans):
    """Tags and entities are resolved where there are some; angle brackets of plain text stay."""
    assert from_field(value) == (text, spans)


@pytest.mark.parametrize(
    ("text", "spans"),
    [("> uno", ((0, 5),)), ("a\n> uno\n>> due\n\n> tre\n", ((2, 14), (16, 21))), ("a > b", ()), (">", ((0, 1),))],
)
def test_lines_that_begin_with_a_sign_are_quoted(text, spans):
    """Runs of `>` lines are one span each, without the newline that ends them."""
    assert quoted_lines(text) == spans


@pytest.mark.parametrize(
    ("word", "folded"),
    [
        ("Perché", "perche"),
        ("perche'", "perche"),
        ("perche’", "perche"),
        ("CITTÀ", "citta"),
        ("È", "è"),
        ("e'", "è"),
        ("é", "è"),
        ("e", "e"),
        ("dell’", "dell"),
        ("'", "'"),
        ("", ""),
    ],
)
def test_fold_sets_case_and_accents_aside_but_for_the_verb(word, folded):
    """Spellings of a word are one, and *è* never becomes *e*."""
    assert fold(word) == folded


@given(st.text())
def test_fold_and_name_key_are_idempotent(text):
    """Folding what is folded changes nothing."""
    assert fold(fold(text)) == fold(text)
    assert name_key(name_key(text)) == name_key(text)


@pytest.mark.parametrize(
    "name", ["Niccolò D'Amico", "𝐍iccolò 𝐃'Amico", "niccolo d’amico", "NICCOLÒ_DAMICO", " niccolo.damico "]
)
def test_spellings_of_a_name_have_one_key(name):
    """Case, accents, spaces and signs do not part a person in two."""
    assert name_key(name) == "niccolodamico"


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("2011-07-05T13:22:00+02:00", "2011-07-05T13:22:00+02:00"),
        ("2011-07-05T13:22:00Z", "2011-07-05T13:22:00+00:00"),
        (" 2011-07-05 13:22:00 ", "2011-07-05T13:22:00"),
        ("Tue, 05 Jul 2011 13:22:00 +0200", "2011-07-05T13:22:00+02:00"),
        ("5 luglio 2011 a 1:22 pm", "2011-07-05T13:22:00"),
        ("5 Luglio 2011 alle 12:05 am", "2011-07-05T00:05:00"),
        ("martedì 5 luglio 2011, 13.22", "2011-07-05T13:22:00"),
        ("5 lug 2011", "2011-07-05T00:00:00"),
        ("05/07/2011 13:22:10", "2011-07-05T13:22:00"),
        ("5.7.2011", "2011-07-05T00:00:00"),
        ("1309864920", "2011-07-05T11:22:00+00:00"),
    ],
)
def test_dates_are_read_as_machines_and_italian_pages_write_them(value, date):
    """ISO 8601, RFC 2822, epoch seconds and Italian dates, day before month, give the same moment."""
    assert parse_date(value) == datetime.fromisoformat(date)


@pytest.mark.parametrize(
    "value",
    [None, "", " ", "0000-00-00 00:00:00", "ieri", "31 febbraio 2011", "2011-x09-01", "5 luglio 2011 alle 25:00", "12"],
)
def test_what_is_no_date_is_none(value):
    """No date, a zero date and an impossible one are None, never an error."""
    assert parse_date(value) is None


@given(st.text() | st.from_regex(r"\d{1,2}[/. ]\w{1,9}[/. ]\d{1,10}( \d\d:\d\d)?", fullmatch=True))
def test_no_text_makes_a_date_raise(value):
    """Whatever stands where a date should gives a date or None."""
    assert parse_date(value) is None or isinstance(parse_date(value), datetime)


@given(st.datetimes() | st.datetimes(timezones=st.just(UTC)))
def test_a_date_in_iso_form_is_read_back_equal(date):
    """Every date that a thread can hold is found again in what is written."""
    assert parse_date(date.isoformat()) == date
