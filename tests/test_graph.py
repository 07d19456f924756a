"""The reply graphs and their files, every one of which is read back."""

import csv
import io
import json
import re

import networkx as nx
import pytest
from conftest import HOSTILE, analysis_of, hostile_analysis, thread_of

from analyzer import graph
from analyzer.thread import Author


@pytest.fixture
def talk():
    """Anna asks; Bruno and Carla answer her and each other; someone unknown answers Bruno."""
    thread = thread_of(
        ("Bruno", "Anna, i testi li darei fuori, tutti quanti, senza pensarci."),
        ("Carla", "Bruno sbaglia: i testi si tengono dentro."),
        ("Bruno", "Carla, ho cambiato idea, i testi dentro."),
        ("Bruno", "Carla, però la grafica no."),
        (None, "Bruno ha ragione sulla grafica."),
    )
    replies = (
        ("c1", "post", "vocative", "neutral"),
        ("c2", "c1", "name", "disagree"),
        ("c3", "c2", "vocative", "agree"),
        ("c4", "c2", "mention", "disagree"),
        ("c4", "post", "none", "neutral"),
        ("c5", "c4", "name", "agree"),
    )
    stances = (
        ("c1", "content_creation", "favor"),
        ("c2", "content_creation", "against"),
        ("c3", "content_creation", "against"),
        ("c4", "seo", "none"),
        ("c5", "seo", "favor"),
    )
    return analysis_of(thread, stances, replies)


@pytest.fixture(params=["talk", "hostile", "hostile comments", "empty", "one"])
def any_graph(request, talk):
    """Graphs of every kind: quiet, hostile, without nodes, without edges."""
    return {
        "talk": lambda: graph.author_graph([talk]),
        "hostile": lambda: graph.author_graph([hostile_analysis()]),
        "hostile comments": lambda: graph.comment_graph([hostile_analysis()]),
        "empty": lambda: graph.author_graph([]),
        "one": lambda: graph.author_graph([analysis_of(thread_of())]),
    }[request.param]()


def contents(read, *, without=()):
    """Nodes and edges of a graph as plain values, for comparing."""
    nodes = {node: {k: v for k, v in data.items() if k not in without} for node, data in read.nodes(data=True)}
    edges = {(u, v): {k: x for k, x in data.items() if k not in without} for u, v, data in read.edges(data=True)}
    return nodes, edges


def test_author_graph_counts_comments_and_marks_the_host(talk):
    """A node has a label, its comments without the post, whether it wrote the post, and its latest stances."""
    nodes = dict(graph.author_graph([talk]).nodes(data=True))
    assert nodes == {
        "anna bianchi": {"label": "Anna Bianchi", "comments": 0, "is_post_author": True},
        "bruno": {"label": "Bruno", "comments": 3, "is_post_author": False, "stance_content_creation": "against"},
        "carla": {"label": "Carla", "comments": 1, "is_post_author": False, "stance_content_creation": "against"},
        "?": {"label": "?", "comments": 1, "is_post_author": False},
    }


def test_author_graph_adds_up_the_replies_of_a_pair(talk):
    """An edge goes from who replies to who is answered, with the number of replies, by agreement and by kind."""
    edges = {(u, v): data for u, v, data in graph.author_graph([talk]).edges(data=True)}
    assert set(edges) == {("bruno", "anna bianchi"), ("bruno", "carla"), ("carla", "bruno"), ("?", "bruno")}
    pair = edges["bruno", "carla"]
    assert (pair["weight"], pair["agree"], pair["disagree"], pair["neutral"]) == (2, 1, 1, 0)
    assert pair["kinds"] == "mention,vocative"
    assert edges["bruno", "anna bianchi"]["kinds"] == "none,vocative"
    assert all(edge["agree"] + edge["disagree"] + edge["neutral"] == edge["weight"] for edge in edges.values())
    assert pair["evidence"] == ["Carla, ho cambiato idea, i testi dentro.", "Carla, però la grafica no."]


def test_author_graph_has_no_edge_from_anyone_to_themselves():
    """Answering oneself makes no edge, nor does one unknown author answering another."""
    thread = thread_of(("Bruno", "Prima."), ("Bruno", "Poi."), (None, "Boh."), (None, "Mah."))
    found = analysis_of(thread, replies=[("c2", "c1", "none", "neutral"), ("c4", "c3", "none", "neutral")])
    assert not graph.author_graph([found]).edges


def test_author_graph_joins_authors_over_threads():
    """The same author id in two threads is one node, with the comments of both."""
    both = [analysis_of(thread_of(("Bruno", "Fuori."), id=id)) for id in ("uno", "due")]
    assert graph.author_graph(both).nodes["bruno"]["comments"] == 2


def test_author_graph_leaves_out_a_post_nobody_wrote():
    """A post without author and text is no node, and an answer to it no edge."""
    thread = thread_of(("Bruno", "Fuori."), post=(None, ""))
    built = graph.author_graph([analysis_of(thread, replies=[("c1", "post", "none", "neutral")])])
    assert list(built) == ["bruno"]
    assert not built.edges


def test_author_graph_keeps_at_most_five_passages_of_bounded_length():
    """However often and at whatever length two people talk, an edge carries five short passages."""
    thread = thread_of(*[("Bruno", "Anna, " + "i testi " * 100)] * 9)
    found = analysis_of(thread, replies=[(f"c{n}", "post", "vocative", "neutral") for n in range(1, 10)])
    edge = graph.author_graph([found]).edges["bruno", "anna bianchi"]
    assert edge["weight"] == 9
    assert len(edge["evidence"]) == 5
    assert all(len(passage) <= 162 for passage in edge["evidence"])


def test_comment_graph_says_who_when_and_how_deep(talk):
    """A comment's node has its author, date and steps to the post; an edge has kind, agreement and score."""
    built = graph.comment_graph([talk])
    assert {node: data["depth"] for node, data in built.nodes(data=True)} == {
        "bottega/post": 0,
        "bottega/c1": 1,
        "bottega/c2": 2,
        "bottega/c3": 3,
        "bottega/c4": 3,
        "bottega/c5": 4,
    }
    assert built.nodes["bottega/c1"]["author"] == "Bruno"
    assert built.nodes["bottega/c1"]["created"] == "2012-03-01T09:01:00+00:00"
    edge = built.edges["bottega/c2", "bottega/c1"]
    assert (edge["kind"], edge["agreement"], edge["score"]) == ("name", "disagree", 0.5)
    assert set(built.successors("bottega/c4")) == {"bottega/c2", "bottega/post"}


def test_comment_graph_keeps_threads_of_the_same_id_apart():
    """Two threads with one id, such as `thread.txt` of two folders, do not run into each other."""
    both = [
        analysis_of(thread_of(("Bruno", "Boh.")), replies=[("c1", "post", "none", tone)])
        for tone in ("agree", "neutral")
    ]
    built = graph.comment_graph(both)
    assert len(built) == 4
    assert sorted(tone for *_, tone in built.edges.data("agreement")) == ["agree", "neutral"]


@pytest.mark.parametrize(("level", "node"), [("author", "bruno"), ("comment", "bottega/c1")])
def test_build_gives_the_graph_of_the_level(talk, level, node):
    """The level says what the nodes are."""
    assert node in graph.build([talk], level)


@pytest.mark.parametrize(
    ("data", "tone"),
    [
        ({"agree": 2, "disagree": 1, "neutral": 9}, "agree"),
        ({"agree": 1, "disagree": 2, "neutral": 0}, "disagree"),
        ({"agree": 1, "disagree": 1, "neutral": 0}, "neutral"),
        ({"agreement": "disagree"}, "disagree"),
    ],
)
def test_sign_goes_by_the_greater_number(data, tone):
    """An edge agrees or disagrees by which of the two is more frequent; in a tie, neither."""
    assert graph.sign(data) == tone


def test_graphml_reads_back(any_graph):
    """GraphML gives back the same nodes, edges and attributes, whatever the names."""
    assert contents(nx.parse_graphml(graph.to_graphml(any_graph))) == contents(graph.plain(any_graph))


def test_gexf_reads_back(any_graph):
    """GEXF gives back the same nodes, edges and attributes, whatever the names; it adds ids to edges."""
    read = nx.read_gexf(io.BytesIO(graph.to_gexf(any_graph).encode()))
    assert contents(read, without=("id",)) == contents(graph.plain(any_graph), without=("id",))
    assert "lastmodified" not in graph.to_gexf(any_graph)


def test_node_link_json_reads_back(any_graph):
    """Node-link JSON gives back the graph itself, lists and all."""
    read = nx.node_link_graph(json.loads(graph.to_json(any_graph)), edges="links")
    assert contents(read) == contents(any_graph)
    assert read.is_directed()


def test_cytoscape_json_reads_back(any_graph):
    """Cytoscape JSON gives back the same nodes and edges."""
    read = nx.cytoscape_graph(json.loads(graph.to_cytoscape(any_graph)))
    added = ("id", "name", "value", "source", "target")
    assert contents(read, without=added) == contents(graph.plain(any_graph), without=added)


def test_dot_names_every_node_and_edge(any_graph):
    """DOT has one line for each node and edge, every name one quoted string."""
    quoted = r'"(?:[^"\\\n]|\\.)*"'
    lines = graph.to_dot(any_graph).split("\n")
    assert lines[0] == "digraph replies {"
    assert lines[-2:] == ["}", ""]
    nodes = [line for line in lines if re.fullmatch(rf"  {quoted} \[label={quoted}\];", line)]
    edges = [line for line in lines if re.fullmatch(rf"  {quoted} -> {quoted} \[color={quoted}[^\]\"]*\];", line)]
    assert (len(nodes), len(edges)) == (len(any_graph), any_graph.number_of_edges())
    assert len(lines) == len(nodes) + len(edges) + 4


def test_dot_shows_disagreement_without_colour_too(talk):
    """A disagreeing edge is dashed and an agreeing one is not."""
    dot = graph.to_dot(graph.author_graph([talk]))
    assert re.search(r'"carla" -> "bruno" \[color="#c0392b", style=dashed', dot)
    assert re.search(r'"\?" -> "bruno" \[color="#1a7f37", penwidth', dot)


def test_csv_reads_back(any_graph):
    """CSV has one row for each edge, with ids and names of both ends; no cell can be taken for a formula."""
    rows = list(csv.DictReader(io.StringIO(graph.to_csv(any_graph), newline="")))
    plain = graph.plain(any_graph)

    def bare(cell):
        return cell[1:] if re.match(r"'[=+\-@\t\r]", cell) else cell

    assert [(bare(row["source"]), bare(row["target"])) for row in rows] == list(plain.edges)
    assert [bare(row["source_label"]) for row in rows] == [plain.nodes[u]["label"] for u, _ in plain.edges]
    assert not [cell for row in rows for cell in row.values() if cell[:1] in ("=", "+", "-", "@", "\t", "\r")]


def test_plain_keeps_nodes_apart_whose_names_become_equal():
    """Ids that differ only in what a format cannot hold stay different nodes, with their edges."""
    given = nx.DiGraph([("a:b", "a_b"), ("a\x00_b", "a_b"), ("", ":"), ("a_b", "a_b_2")])
    plain = graph.plain(given)
    assert (len(plain), plain.number_of_edges()) == (len(given), given.number_of_edges())
    assert all(node and ":" not in node and "\x00" not in node for node in plain)


@pytest.mark.parametrize(("value", "flat"), [(None, ""), (["a", "b"], "a | b"), ("a\x07\ud83d", "a"), (3, 3)])
def test_plain_leaves_no_value_that_a_format_refuses(value, flat):
    """None, lists and control characters become plain values; others stay."""
    given = nx.DiGraph()
    given.add_node("a", label=value)
    assert graph.plain(given).nodes["a"]["label"] == flat


@pytest.mark.parametrize("suffix", sorted(graph.WRITERS))
def test_equal_graphs_give_equal_files(suffix):
    """Building and writing the same findings twice gives the same text, which encodes as UTF-8 or escapes."""
    first, second = (graph.WRITERS[suffix](graph.author_graph([hostile_analysis()])) for _ in range(2))
    assert first == second
    if suffix != ".json":
        first.encode()


def test_hostile_names_are_all_there():
    """No hostile name is lost or joined with another on the way into a graph."""
    labels = {data["label"] for _, data in graph.author_graph([hostile_analysis()]).nodes(data=True)}
    assert labels == {"Anna Bianchi", *HOSTILE}


def test_authors_are_told_apart_by_id_not_by_name():
    """Two people of one name are two nodes."""
    thread = thread_of((Author(id="17", name="Marco"), "Fuori."), (Author(id="18", name="Marco"), "Dentro."))
    assert {"17", "18"} <= set(graph.author_graph([analysis_of(thread)]))
