"""The reply graphs: who answers whom, and which comment answers which; as graph files in text form."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import networkx as nx

from analyzer.analysis import Analysis, latest
from analyzer.replies import Agreement
from analyzer.tables import csv_line, safe_cell
from analyzer.thread import POST, Comment

Graph: TypeAlias = "nx.DiGraph[str]"
_UNKNOWN = "?"
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def author_graph(analyses: Iterable[Analysis]) -> Graph:
    """Who answers whom over all threads, from the one who replies to the one who is answered.

    Nodes: `id`, `label`, `comments` (posts apart), `is_post_author`, and an author's latest stance on each activity
    as `stance_<activity>`. Edges: `weight` (replies), `agree`, `disagree`, `neutral`, `kinds` (sorted, by comma),
    `evidence` (the passages that show the link, at most five). Authors are one node where their ids are equal;
    comments without an author share the node `?`, which has no edge to itself.
    """
    listed = list(analyses)
    graph = nx.DiGraph()
    for analysis in listed:
        for comment in analysis.thread.everything:
            if comment.id == POST and comment.author is None and not comment.text:
                continue
            node = _author_id(comment)
            if node not in graph:
                label = comment.author.name if comment.author else _UNKNOWN
                graph.add_node(node, label=label, comments=0, is_post_author=False)
            graph.nodes[node]["comments"] += comment.id != POST
            graph.nodes[node]["is_post_author"] |= comment.id == POST
    for analysis in listed:
        by_id = {comment.id: comment for comment in analysis.thread.everything}
        for reply in analysis.replies:
            source, target = by_id[reply.comment_id], by_id[reply.to_id]
            start, end = _author_id(source), _author_id(target)
            if start == end or end not in graph:
                continue
            if not graph.has_edge(start, end):
                graph.add_edge(start, end, weight=0, **{label.value: 0 for label in Agreement}, kinds="", evidence=[])
            edge = graph.edges[start, end]
            edge["weight"] += 1
            edge[reply.agreement.value] += 1
            edge["kinds"] = ",".join(sorted({*filter(None, edge["kinds"].split(",")), reply.kind.value}))
            if len(edge["evidence"]) < 5:
                edge["evidence"].append(_excerpt(source, reply.span))
    for analysis, stance in latest(listed):
        comment = next(c for c in analysis.thread.everything if c.id == stance.comment_id)
        if comment.author:
            graph.nodes[_author_id(comment)][f"stance_{stance.activity}"] = stance.stance.value
    return graph


def comment_graph(analyses: Iterable[Analysis]) -> Graph:
    """Which comment answers which; nodes of several threads are told apart by the thread's id.

    Nodes: `label`, `author`, `created`, `depth` (steps to the post by first links; the post has 0). Edges: `kind`,
    `agreement`, `score`, `evidence`.
    """
    graph = nx.DiGraph()
    names: set[str] = set()
    for analysis in analyses:
        thread = analysis.thread
        name = _unused(thread.id, names)
        depth = {POST: 0}
        by_id = {comment.id: comment for comment in thread.everything}
        for reply in analysis.replies:
            depth.setdefault(reply.comment_id, depth[reply.to_id] + 1)
        for comment in thread.everything:
            author = comment.author.name if comment.author else _UNKNOWN
            graph.add_node(
                f"{name}/{comment.id}",
                label=f"{author} ({comment.id})",
                author=author,
                created=comment.created.isoformat() if comment.created else "",
                depth=depth[comment.id],
            )
        for reply in analysis.replies:
            graph.add_edge(
                f"{name}/{reply.comment_id}",
                f"{name}/{reply.to_id}",
                kind=reply.kind.value,
                agreement=reply.agreement.value,
                score=reply.score,
                evidence=[_excerpt(by_id[reply.comment_id], reply.span)],
            )
    return graph


def build(analyses: Iterable[Analysis], level: str = "author") -> Graph:
    """The graph of a level, `author` or `comment`."""
    return author_graph(analyses) if level == "author" else comment_graph(analyses)


def _author_id(comment: Comment) -> str:
    return comment.author.id if comment.author else _UNKNOWN


def _excerpt(comment: Comment, span: tuple[int, int] | None) -> str:
    """The passage around a sign, or the start of the comment, at most 160 characters."""
    start = max(0, span[0] - 40) if span else 0
    text = " ".join(comment.text[start : start + 160].split())
    return ("…" if start else "") + text + ("…" if start + 160 < len(comment.text) else "")


def plain(graph: Graph) -> Graph:
    """The graph as every file format can hold it: no control characters, None or lists; ids without a colon."""
    clean = nx.DiGraph()
    used: set[str] = set()
    ids = {node: _unused(_flat(node).replace(":", "_") or "_", used) for node in graph}
    for node, data in graph.nodes(data=True):
        clean.add_node(ids[node], **{key: _flat(value) for key, value in data.items()})
    for start, end, data in graph.edges(data=True):
        clean.add_edge(ids[start], ids[end], **{key: _flat(value) for key, value in data.items()})
    return clean


def _unused(wanted: str, used: set[str]) -> str:
    """A name that is not in use yet: as wanted, or with a number; it then is."""
    name, count = wanted, 1
    while name in used:
        count += 1
        name = f"{wanted}_{count}"
    used.add(name)
    return name


def _flat(value: Any) -> Any:
    if isinstance(value, list):
        value = " | ".join(map(str, value))
    if value is None:
        return ""
    return _CONTROL.sub("", value) if isinstance(value, str) else value


def to_graphml(graph: Graph) -> str:
    """The graph as GraphML."""
    return "\n".join(nx.generate_graphml(plain(graph))) + "\n"


def to_gexf(graph: Graph) -> str:
    """The graph as GEXF 1.2, without the date of writing, so that equal graphs give equal files."""
    text = "\n".join(nx.generate_gexf(plain(graph)))
    return re.sub(r' lastmodifieddate="[^"]*"', "", text) + "\n"


def to_json(graph: Graph) -> str:
    """The graph as node-link JSON."""
    return json.dumps(nx.node_link_data(graph, edges="links"), ensure_ascii=False, indent=1) + "\n"


def to_cytoscape(graph: Graph) -> str:
    """The graph as Cytoscape JSON."""
    return json.dumps(nx.cytoscape_data(plain(graph)), ensure_ascii=False, indent=1) + "\n"


def to_dot(graph: Graph) -> str:
    """The graph in Graphviz' DOT language; disagreement is dashed and red, agreement green."""
    colours = {"agree": "#1a7f37", "disagree": "#c0392b", "neutral": "#777777"}
    lines = ["digraph replies {", '  node [shape=ellipse, fontname="Helvetica"];']
    clean = plain(graph)
    for node, data in clean.nodes(data=True):
        lines.append(f"  {_quoted(node)} [label={_quoted(data['label'])}];")
    for start, end, data in clean.edges(data=True):
        tone = sign(data)
        style = ", style=dashed" if tone == "disagree" else ""
        width = f", penwidth={1 + min(data.get('weight', 1), 8) / 2}"
        lines.append(f'  {_quoted(start)} -> {_quoted(end)} [color="{colours[tone]}"{style}{width}];')
    return "\n".join([*lines, "}"]) + "\n"


def _quoted(text: str) -> str:
    return '"' + str(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ") + '"'


def to_csv(graph: Graph) -> str:
    """The edges as CSV, with the names of both ends."""
    clean = plain(graph)
    columns = list(dict.fromkeys(key for _, _, data in clean.edges(data=True) for key in data))
    lines = [csv_line(["source", "target", "source_label", "target_label", *columns])]
    for start, end, data in clean.edges(data=True):
        labels = [clean.nodes[start]["label"], clean.nodes[end]["label"]]
        lines.append(csv_line(safe_cell(c) for c in (start, end, *labels, *(data.get(key, "") for key in columns))))
    return "".join(lines)


def sign(data: dict[str, Any]) -> str:
    """Whether an edge agrees, disagrees or neither, by the greater number of its replies."""
    if "agreement" in data:
        return str(data["agreement"])
    if data["agree"] == data["disagree"]:
        return "neutral"
    return "agree" if data["agree"] > data["disagree"] else "disagree"


WRITERS: dict[str, Callable[[Graph], str]] = {
    ".graphml": to_graphml,
    ".gexf": to_gexf,
    ".dot": to_dot,
    ".json": to_json,
    ".cyjs": to_cytoscape,
    ".csv": to_csv,
}
"""For each suffix of a graph file the function that gives its text."""
