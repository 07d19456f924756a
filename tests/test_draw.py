"""Pictures and pages of a graph: whole, the same every time, and safe from what names hold."""

import base64
import hashlib
import html
import json
import math
import re
from html.parser import HTMLParser

import networkx as nx
import pytest
from conftest import HOSTILE, hostile_analysis
from lxml import etree

from analyzer import draw, graph, page


def people(nodes, links=(), **data):
    """A graph of numbered people."""
    made = nx.DiGraph()
    for node in range(nodes):
        made.add_node(f"n{node}", label=f"Persona {node}", comments=node % 7, is_post_author=node == 0, **data)
    for start, end in links:
        edge = {"weight": 1, "agree": 0, "disagree": 1, "neutral": 0, "kinds": "mention", "evidence": ["non direi"]}
        made.add_edge(f"n{start}", f"n{end}", **edge)
    return made


GRAPHS = {
    "empty": people(0),
    "one": people(1),
    "two": people(2, [(0, 1), (1, 0)]),
    "stances": people(5, [(n, 0) for n in range(1, 5)], stance_seo="favor", stance_crm="against"),
    "hostile": graph.author_graph([hostile_analysis()]),
    "comments": graph.comment_graph([hostile_analysis()]),
}


@pytest.fixture(params=GRAPHS)
def any_graph(request):
    """Graphs of every kind."""
    return GRAPHS[request.param]


class Page(HTMLParser):
    """What a browser finds in a page: tags with attributes, scripts, and the text outside them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self.text = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] == "script":
            self.scripts[-1] += data
        else:
            self.text += data

    def handle_endtag(self, tag):
        if tag == "script":
            self.tags.append(("/script", {}))


def check_safe(text, scripts=2):
    """Asserts that a page runs its own scripts only, each by its hash, and asks nothing of any network."""
    found = Page(text)
    assert len(found.scripts) == scripts
    assert not any("\r" in script for script in found.scripts)
    for tag, attributes in found.tags:
        assert not {"src", "srcset", "action", "formaction", "data", "poster"} & set(attributes), tag
        assert tag not in ("link", "iframe", "object", "embed", "base", "form", "img"), tag
        assert not any(name.startswith("on") for name in attributes), (tag, attributes)
    style = re.search(r"<style>(.*?)</style>", text, re.S)[1]
    assert not re.search(r"url\(|@import", style)
    policy = next(a["content"] for _, a in found.tags if a.get("http-equiv") == "Content-Security-Policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in found.scripts}
    assert rules["default-src"] == "'none'"
    assert set(rules["script-src"].split()) == hashes
    return found


@pytest.mark.parametrize("lang", ["it", "en"])
def test_svg_is_xml_and_the_same_every_time(any_graph, lang):
    """An SVG parses as XML, its legend is in the language, and drawing again gives the same bytes."""
    picture = draw.to_image(any_graph, "svg", lang=lang)
    root = etree.fromstring(picture)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not root.xpath("//*[local-name()='script']")
    assert draw.to_image(any_graph, "svg", lang=lang) == picture


def test_svg_depends_on_the_language_and_the_graph():
    """Another legend or another graph is another picture."""
    pictures = [draw.to_image(GRAPHS["two"], "svg", lang=lang) for lang in ("it", "en")]
    assert len({*pictures, draw.to_image(GRAPHS["one"], "svg", lang="en")}) == 3


def test_png_is_a_png_and_the_same_every_time(any_graph):
    """A PNG begins and ends as one, and drawing again gives the same bytes."""
    picture = draw.to_image(any_graph, "png")
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert picture.endswith(b"IEND\xaeB`\x82")
    assert draw.to_image(any_graph, "png") == picture


def test_html_is_the_same_every_time_in_one_process(any_graph):
    """The page does not depend on what was drawn before it."""
    first = draw.to_html(any_graph)
    draw.to_html(GRAPHS["one"])
    assert draw.to_html(any_graph) == first


def test_html_asks_nothing_of_any_network(any_graph):
    """The page runs its own scripts only, each allowed by its hash, and loads nothing."""
    check_safe(draw.to_html(any_graph))


@pytest.mark.parametrize("level", ["author", "comment"])
def test_hostile_names_do_not_break_out_of_the_page(level):
    """No name makes a tag, ends a script or opens a comment in one; every printable one is still in the data."""
    text = draw.to_html(graph.build([hostile_analysis()], level))
    scripts = check_safe(text).scripts
    assert "alert(1)" not in Page(text).text
    assert "<!--" not in scripts[1]
    (data,) = re.findall(r"const docs_json = '(.*)';\n", scripts[1])
    json.loads(html.unescape(data.replace("\\\\", "\\")))
    assert "&lt;!--&lt;script&gt;" in data
    assert "Zoë" in data or "Zo\\\\u00eb" in data


def test_html_keeps_what_looks_like_a_bokeh_id():
    """Making pages equal changes bokeh's own ids, never what people wrote."""
    made = people(2, [(1, 0)])
    written = "codice 12345678-1234-1234-1234-123456789012, p1001"
    made.edges["n1", "n0"]["evidence"] = [written]
    assert written in draw.to_html(made)


def test_hover_shows_the_evidence_and_the_counts_in_words():
    """The page tells of a link its evidence, agreement and kind, and of a node its comments, one or several."""
    made = people(4, [(1, 0)], stance_seo="against")
    text = draw.to_html(made, lang="it")
    for expected in (
        "non direi",
        "1 non d&#x27;accordo; menzione",
        "1 commento; seo: dentro",
        "2 commenti; seo: dentro",
    ):
        assert expected in text
    assert "4 nodi, 1 legame." in text


@pytest.mark.parametrize("nodes", [0, 1, 2, 3])
def test_a_small_graph_has_a_plot_of_some_height(nodes):
    """However few nodes there are, the plot's ranges are wide enough to tell them apart and centred."""
    plot = draw.to_figure(people(nodes, [(0, 1)] if nodes > 1 else []))
    for reach in (plot.x_range, plot.y_range):
        assert reach.end == -reach.start
        assert reach.end >= 0.5


def test_a_large_graph_is_bounded_and_says_so(monkeypatch):
    """Of a graph that is too large the nodes with most links are drawn, and the page says how many of how many."""
    monkeypatch.setattr(draw, "_DRAWN", 40)
    hub = people(50, [(n, 49) for n in range(45)])
    drawn = draw.core(hub)
    assert len(drawn) == 40
    assert "n49" in drawn
    assert not {"n45", "n46", "n47", "n48"} & set(drawn)
    assert "40 of 50 nodes are drawn" in draw.to_html(hub, lang="en")
    assert "disegnati 40 nodi su 50" in draw.to_html(hub, lang="it")
    assert etree.fromstring(draw.to_image(hub, "svg")) is not None
    small = people(40)
    assert draw.core(small) is small
    assert "are drawn" not in draw.to_html(small)


def test_2500_nodes_are_drawn_in_bounded_time():
    """Two and a half thousand people make a page with two thousand of them, without names on the plot."""
    large = people(2500, [(n, n // 3) for n in range(1, 2500)])
    assert len(draw.core(large)) == 2000
    assert "2000 of 2500 nodes are drawn" in draw.to_html(large)


def test_layout_is_finite_and_within_its_square():
    """Every node has a place in the square, also when nobody answers anybody; the order of nodes does not matter."""
    made = people(30, [(n, 0) for n in range(1, 9)])
    places = draw.layout(made)
    assert set(places) == set(made)
    assert all(math.isfinite(value) and abs(value) <= 1.0001 for place in places.values() for value in place)
    turned = nx.DiGraph()
    turned.add_nodes_from(reversed(list(made.nodes)))
    turned.add_edges_from(reversed(list(made.edges)))
    assert draw.layout(turned) == places
    assert draw.layout(people(0)) == {}


@pytest.mark.parametrize(
    ("held", "overall"),
    [
        ([], "none"),
        (["favor"], "favor"),
        (["favor", "against", "against"], "against"),
        (["favor", "against"], "mixed"),
        (["mixed", "mixed", "favor"], "mixed"),
    ],
)
def test_camp_is_the_stance_most_activities_have(held, overall):
    """A node's colour goes by the most frequent of its stances; a tie is mixed."""
    data = {"label": "x", "comments": 1, **{f"stance_{n}": stance for n, stance in enumerate(held)}}
    assert draw.camp(data) == overall


@pytest.mark.parametrize("key", ["n_comments", "n_takers", "n_more"])
def test_counted_knows_singular_and_plural(key):
    """One of a thing has its own wording in both languages."""
    for lang in ("it", "en"):
        w = page.words(lang)
        assert page.counted(w, key, 1) == w[key][0]
        assert "7" in page.counted(w, key, 7)


def test_the_two_languages_have_the_same_words():
    """Every word of the pages stands in Italian and in English, with the same gaps to fill."""
    italian, english = page.words("it"), page.words("en")
    assert set(italian) == set(english)
    for key, value in italian.items():
        assert re.findall(r"{\w+}", str(value)) == re.findall(r"{\w+}", str(english[key])), key


@pytest.mark.parametrize("name", HOSTILE)
def test_short_names_are_printable_and_bounded(name):
    """A name on a picture is one line of printable characters of bounded length."""
    short = draw._short(name * 9)
    assert short.isprintable()
    assert len(short) <= 24


def test_a_script_cannot_be_ended_from_within():
    """Whatever code is handed to a page stays one script, and its hash is that of what the page holds."""
    text = page.html_page(
        "graph.html.jinja", scripts=["const a = '</script><b>';\n"], title="<i>", about="&", lang="it", figure=""
    )
    found = check_safe(text)
    assert found.scripts[1] == "const a = '<\\/script><b>';"
    assert not {"b", "i"} & {tag for tag, _ in found.tags}
