"""Replies: every sign, every trap of naming, and which comment is meant."""

import pytest

from analyzer.replies import Agreement, Kind, agreement, find
from analyzer.thread import Author, Comment, Thread


def thread(*comments, host="Carla Riva", post="Chi scrive i vostri testi?"):
    """A thread from (author, text) or (author, text, reply_to); comments are c1, c2, …"""
    built = [
        Comment(id=f"c{place}", author=Author.named(given[0]), text=given[1], reply_to=given[2] if given[2:] else None)
        for place, given in enumerate(comments, 1)
    ]
    return Thread(id="t", post=Comment(id="post", author=Author.named(host), text=post), comments=tuple(built))


def links(built, comment_id):
    """The (to, kind) pairs of one comment."""
    return [(reply.to_id, reply.kind.value) for reply in find(built)[0] if reply.comment_id == comment_id]


TWO = (
    ("Marco Rossi", "Noi i testi li scriviamo in laboratorio."),
    ("Giovanni Sala", "Da noi il sito è fermo al 2008."),
)


@pytest.mark.parametrize(
    "handle",
    [
        "@marco",
        "@Marco",
        "@marcorossi",
        "@MarcoRossi",
        "@Marco Rossi",
        "@marco_rossi",
        "@MRossi",
        "@MRossi76",
        "@rossi",
    ],
)
def test_mentions_in_every_spelling_of_a_display_name(handle):
    """However the @ spells the name, it means Marco Rossi's comment."""
    assert links(thread(*TWO, ("Ada", f"{handle}, e chi li rilegge?")), "c3") == [("c1", "mention")]


@pytest.mark.parametrize("text", ["@gio che cosa usi?", "che cosa usi @giovanni?", "Boh.\n@Giovanni: che cosa usi"])
def test_mentions_by_short_form_at_the_end_and_on_a_later_line(text):
    """A short form or a mention anywhere in the text finds Giovanni."""
    assert links(thread(*TWO, ("Ada", text)), "c3") == [("c2", "mention")]


@pytest.mark.parametrize(
    "text",
    [
        "Marco, e chi li rilegge?",
        "Caro Marco, e chi li rilegge?",
        "ciao Marco! e chi li rilegge?",
        "x Marco: e chi li rilegge?",
        "x marco: e chi li rilegge?",
        "a Marco: e chi li rilegge?",
        "per Rossi: e chi li rilegge?",
        "marco, e chi li rilegge?",
        "Hai ragione, Marco.",
        "Signor Rossi, mi permetta.",
        "Marco tu come fai?",
        "Bello.\n\nMarco, e chi li rilegge?",
    ],
)
def test_vocatives(text):
    """A name that calls somebody is a vocative, wherever it stands."""
    assert links(thread(*TWO, ("Ada", text)), "c3") == [("c1", "vocative")]


@pytest.mark.parametrize(
    "text",
    [
        "Concordo con Marco sui testi.",
        "Sono d'accordo con Rossi.",
        "Come dice Marco, ci vuole uno di dentro.",
        "Marco ha ragione da vendere.",
        "Quel che scriveva Marco vale anche per noi.",
    ],
)
def test_names_in_the_third_person(text):
    """A name that is spoken of links with kind name."""
    assert links(thread(*TWO, ("Ada", text)), "c3") == [("c1", "name")]


def test_two_people_addressed_give_two_links():
    """A comment can answer several people, one link each."""
    assert links(thread(*TWO, ("Ada", "Marco e Giovanni, mi date un'idea dei costi?")), "c3") == [
        ("c1", "vocative"),
        ("c2", "vocative"),
    ]


@pytest.mark.parametrize("mark", ["«{}»", "“{}”", '"{}"'])
def test_a_quoted_passage_links_to_where_it_stands(mark):
    """Words of an earlier text between quotation marks link to it."""
    text = mark.format("i testi li scriviamo in laboratorio") + ": beati voi."
    assert links(thread(*TWO, ("Ada", text)), "c3") == [("c1", "quote")]


def test_a_quotation_from_elsewhere_is_no_link():
    """Quoted words that nobody in the thread wrote leave the comment to its history."""
    assert links(thread(*TWO, ("Ada", "«chi fa da sé fa per tre» diceva nonna")), "c3") == [("post", "none")]


def test_the_exports_parent_comes_first_and_others_beside_it():
    """An explicit parent is kept; its author's name adds nothing, another person's adds a link."""
    built = thread(*TWO, ("Ada", "Giovanni, vero. E concordo con Marco.", "c2"))
    assert links(built, "c3") == [("c2", "explicit"), ("c1", "name")]


@pytest.mark.parametrize(
    "text",
    [
        "scrivetemi a marco@example.org",
        "ci vuole #marco anche qui",
        "ho letto @tizioqualunque ieri",
        "Grazie a tutti!\nAda",
    ],
)
def test_addresses_hashtags_outsiders_and_signatures_are_no_links(text):
    """What only looks like a name of the thread links nowhere; the comment answers the post."""
    assert links(thread(*TWO, ("Ada", text)), "c3") == [("post", "none")]


def test_common_words_are_no_names():
    """A word in lower case that is also somebody's name names nobody in the middle of a sentence."""
    built = thread(("Rosa Bianchi", "Uno."), ("Ada", "La nostra grafica è rosa, come rosa era il logo di prima."))
    assert links(built, "c2") == [("post", "none")]


def test_an_outsiders_handle_is_a_mention_without_author():
    """A handle that nobody in the thread bears is noted with no author."""
    mentions = find(thread(*TWO, ("Ada", "ho letto @tizioqualunque ieri")))[1]
    assert [(mention.name, mention.author_id) for mention in mentions] == [("tizioqualunque", None)]


def test_a_name_in_a_quoted_passage_addresses_nobody():
    """Signs inside quotes are somebody else's."""
    quoted = "> Marco, sei sicuro?\nIo sì."
    built = Comment(id="c3", author=Author.named("Ada"), text=quoted, quotes=((0, 20),))
    whole = thread(*TWO)
    whole = Thread(id="t", post=whole.post, comments=(*whole.comments, built))
    assert links(whole, "c3") == [("post", "none")]


def test_a_person_addressed_means_their_latest_comment_unless_the_words_say_otherwise():
    """Of several comments the one whose words return is meant, else the latest."""
    first = ("Marco", "Il fotografo fattura ottocento euro a catalogo, stampa compresa, e ogni trimestre ricomincia.")
    built = thread(first, ("Marco", "Buon Natale."), ("Ada", "Marco, auguri!"))
    assert links(built, "c3") == [("c2", "vocative")]
    taken_up = "Marco, fotografo a ottocento euro per il catalogo ogni trimestre con stampa: dove?"
    assert links(thread(first, ("Marco", "Buon Natale."), ("Ada", taken_up)), "c3") == [("c1", "vocative")]


def test_of_namesakes_the_latest_is_meant_with_a_lower_score():
    """A first name that two people bear means the one who wrote last, and says that it is less sure."""
    built = thread(("Marco Rossi", "Uno."), ("Marco Bassi", "Due."), ("Ada", "Marco, tre?"))
    reply = next(reply for reply in find(built)[0] if reply.comment_id == "c3")
    assert reply.to_id == "c2"
    assert reply.score < 0.75


@pytest.mark.parametrize(
    ("who", "target"), [("Nuova", "post"), ("Marco Rossi", "c2"), ("Carla Riva", "c2"), (None, "post")]
)
def test_without_a_sign_the_writers_history_decides(who, target):
    """First comments answer the post, returning writers and the host the last speaker before them."""
    assert links(thread(*TWO, (who, "Domani ci provo anch'io.")), "c3") == [(target, "none")]


def test_an_afterthought_answers_ones_own_comment():
    """Two comments in a row by one reader: the second is about the first."""
    assert links(thread(*TWO, ("Giovanni Sala", "Volevo dire 2009.")), "c3") == [("c2", "none")]


def test_every_comment_has_a_reply_that_points_back():
    """No comment is left without a link, and no link points forward."""
    built = thread(*TWO, ("Ada", "Marco?"), (None, ""), ("Giovanni Sala", "@ada già"))
    order = [comment.id for comment in built.everything]
    replies, _ = find(built)
    assert {reply.comment_id for reply in replies} == set(order[1:])
    assert all(order.index(reply.to_id) < order.index(reply.comment_id) for reply in replies)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sono d'accordo con te su tutto.", Agreement.AGREE),
        ("Quoto.", Agreement.AGREE),
        ("Non sono d'accordo per niente.", Agreement.DISAGREE),
        ("Hai ragione sui costi, ma non sono d'accordo sul resto: ti sbagli.", Agreement.DISAGREE),
        ("Grazie del post!", Agreement.NEUTRAL),
        ("Sì ma da noi costa il triplo.", Agreement.DISAGREE),
        ("Non solo io, ma anche Laura la vede così.", Agreement.NEUTRAL),
        ("Quanto avete speso?", Agreement.NEUTRAL),
    ],
)
def test_agreement_by_cues(text, expected):
    """Cues and their negation tell agreement; thanks and questions are neutral."""
    assert agreement(text) is expected


def test_kinds_and_agreements_are_the_contracts():
    """The closed lists are those others script against."""
    assert [kind.value for kind in Kind] == ["explicit", "mention", "vocative", "name", "quote", "none"]
    assert [label.value for label in Agreement] == ["agree", "disagree", "neutral"]
