"""A reply graph as a picture: SVG, PNG, or a self-contained interactive page; the same picture every time."""

import io
import math
import warnings
from typing import TYPE_CHECKING, Any

import networkx as nx

from analyzer.graph import Graph, sign
from analyzer.page import counted, figure_parts, html_page, words

if TYPE_CHECKING:
    from bokeh.plotting import figure

COLOURS = {"agree": "#1a7f37", "disagree": "#c0392b", "neutral": "#8a8f98"}
"""Edge colours by agreement; disagreement is dashed as well, so that colour alone tells nothing."""

STANCE_COLOURS = {"favor": "#2166ac", "mixed": "#b58900", "against": "#b2182b", "none": "#9aa0a6"}
MARKERS = {"favor": ("o", "circle"), "mixed": ("D", "diamond"), "against": ("s", "square"), "none": ("o", "circle_dot")}
"""For each camp the marker of matplotlib and of bokeh."""

Place = tuple[float, float]
SEED = 7
_FULL_LAYOUT = 300  # nodes up to which the whole spring layout is worked out; libraries of graphs slow down beyond
_DRAWN = 2000  # nodes up to which all are drawn; of larger graphs the ones with most links
_LABELLED = 60  # nodes up to which every one is named


def core(graph: Graph) -> Graph:
    """The part of a graph that is drawn: all of it, or of a large one the nodes with most links."""
    if len(graph) <= _DRAWN:
        return graph
    ranked = sorted(graph, key=lambda node: (-graph.degree(node), str(node)))[:_DRAWN]
    return graph.subgraph(ranked).copy()


def _note(graph: Graph, drawn: Graph, w: dict[str, Any]) -> str:
    """A sentence that says so where not the whole graph is drawn."""
    return "" if len(drawn) == len(graph) else str(w["drawn"]).format(drawn=len(drawn), all=len(graph))


def _edges(graph: Graph, places: dict[str, Place], tone: str) -> list[tuple[Place, Place, str, str, dict[str, Any]]]:
    """The edges of an agreement with where each begins and ends; of two opposite ones each keeps to its right."""
    found = []
    for source, target, data in graph.edges(data=True):
        if sign(data) == tone:
            start, end = places[source], places[target]
            if graph.has_edge(target, source):
                length = math.dist(start, end) or 1.0
                aside = (0.012 * (end[1] - start[1]) / length, -0.012 * (end[0] - start[0]) / length)
                start = (start[0] + aside[0], start[1] + aside[1])
                end = (end[0] + aside[0], end[1] + aside[1])
            found.append((start, _shorten(start, end, 0.055), source, target, data))
    return found


def layout(graph: Graph) -> dict[str, Place]:
    """Where each node stands, in a square of side 2 around the origin; the same for the same graph."""
    if not graph:
        return {}
    undirected = nx.Graph()
    undirected.add_nodes_from(sorted(graph, key=str))
    undirected.add_edges_from(graph.edges)
    rounds = 200 if len(graph) <= _FULL_LAYOUT else 15
    distance = 1.6 / math.sqrt(len(graph))
    start = nx.circular_layout(undirected) if len(graph) > 1 else None
    placed = nx.spring_layout(undirected, seed=SEED, iterations=rounds, k=distance, pos=start, method="force")
    return {node: (float(x), float(y)) for node, (x, y) in placed.items()}


def camp(data: dict[str, Any]) -> str:
    """What a node holds overall: the stance that most of its activities have, `mixed` in a tie, `none` without any."""
    held = [value for key, value in data.items() if key.startswith("stance_")]
    if not held:
        return "none"
    counts = {label: held.count(label) for label in set(held)}
    best = max(counts.values())
    leaders = [label for label, count in counts.items() if count == best]
    return leaders[0] if len(leaders) == 1 else "mixed"


def _size(data: dict[str, Any]) -> float:
    """A node's diameter in points, by the square root of its comments."""
    return 11 + 5 * math.sqrt(min(data.get("comments", 1), 60))


def _shorten(start: tuple[float, float], end: tuple[float, float], by: float) -> tuple[float, float]:
    """The point before `end` on the way from `start`."""
    length = math.dist(start, end) or 1.0
    share = max(0.0, 1 - by / length)
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def to_image(graph: Graph, format: str, *, lang: str = "en") -> bytes:
    """The graph as an `svg` or `png` file, its legend in `lang`; equal graphs give equal bytes."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib.collections import LineCollection, PolyCollection
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    w = words(lang)
    whole, graph = graph, core(graph)
    places = layout(graph)
    with (
        matplotlib.rc_context({"svg.hashsalt": "analyzer", "svg.fonttype": "path", "font.family": "DejaVu Sans"}),
        warnings.catch_warnings(),
    ):
        warnings.filterwarnings("ignore", "Glyph .* missing from font")  # an emoji in a name is drawn as a box
        picture = Figure(figsize=(10, 8), layout="constrained")
        axes = picture.add_subplot()
        axes.set_axis_off()
        axes.set_aspect("equal", adjustable="datalim")
        axes.margins(0.14)
        for tone, colour in COLOURS.items():
            edges = _edges(graph, places, tone)
            lines = [[start, end] for start, end, *_ in edges]
            widths = [0.8 + 0.5 * min(d.get("weight", 1), 8) for *_, d in edges]
            dashes = "dashed" if tone == "disagree" else "solid"
            axes.add_collection(LineCollection(lines, colors=colour, linewidths=widths, linestyles=dashes, alpha=0.75))
            heads = [_arrow_head(start, end) for start, end in lines]
            axes.add_collection(PolyCollection(heads, facecolors=colour, zorder=2))
        for stance, (marker, _) in MARKERS.items():
            nodes = [node for node, data in graph.nodes(data=True) if camp(data) == stance]
            if nodes:
                axes.scatter(
                    [places[node][0] for node in nodes],
                    [places[node][1] for node in nodes],
                    s=[_size(graph.nodes[node]) ** 2 for node in nodes],
                    c=STANCE_COLOURS[stance],
                    marker=marker,
                    edgecolors="white",
                    linewidths=1.5,
                    zorder=3,
                )
        if len(graph) <= _LABELLED:
            for node, data in graph.nodes(data=True):
                offset = (0, -_size(data) / 2 - 3)
                axes.annotate(
                    _short(data["label"]),
                    places[node],
                    offset,
                    textcoords="offset points",
                    ha="center",
                    va="top",
                    fontsize=8.5,
                    zorder=4,
                    parse_math=False,
                    bbox={"boxstyle": "round,pad=0.1", "fc": "white", "ec": "none", "alpha": 0.75},
                )
        legend = [
            Line2D([], [], color=colour, ls="--" if tone == "disagree" else "-", lw=2, label=w[tone])
            for tone, colour in COLOURS.items()
        ] + [
            Line2D([], [], color=STANCE_COLOURS[name], marker=marker, ls="", ms=8, label=w[f"camp_{name}"])
            for name, (marker, _) in MARKERS.items()
        ]
        axes.legend(handles=legend, loc="upper left", fontsize=8, framealpha=0.85, ncols=2)
        if note := _note(whole, graph, w):
            axes.set_title(note, fontsize=11, parse_math=False)
        out = io.BytesIO()
        metadata = {"Date": None, "Creator": "analyzer"} if format == "svg" else {"Software": "analyzer"}
        picture.savefig(out, format=format, dpi=150, metadata=metadata)
    return out.getvalue()


def _short(text: str, most: int = 24) -> str:
    text = " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())
    return text if len(text) <= most else text[: most - 1] + "…"


def _arrow_head(start: Place, end: Place) -> list[Place]:
    """The triangle at the end of a line."""
    length = math.dist(start, end) or 1.0
    along = ((end[0] - start[0]) / length, (end[1] - start[1]) / length)
    corners = ((0.012, 0.0), (-0.024, 0.013), (-0.024, -0.013))  # ahead of the end, and to its left
    return [(end[0] + a * along[0] - b * along[1], end[1] + a * along[1] + b * along[0]) for a, b in corners]


def to_figure(graph: Graph, *, height: int = 620, lang: str = "en") -> "figure":
    """The graph as a bokeh figure with pan, zoom and hover; a link's hover shows its evidence."""
    from bokeh.models import ColumnDataSource, HoverTool, Range1d
    from bokeh.plotting import figure

    w = words(lang)
    whole, graph = graph, core(graph)
    places = layout(graph)
    across, up = (1.2 * max([0.5, *(abs(place[axis]) for place in places.values())]) for axis in (0, 1))
    plot = figure(
        sizing_mode="stretch_width",
        height=height,
        toolbar_location="right",
        tools="pan,wheel_zoom,box_zoom,reset,save",
        x_range=Range1d(start=-across, end=across),
        y_range=Range1d(start=-up, end=up),
        title=_note(whole, graph, w) or None,
    )
    plot.axis.visible = False
    plot.grid.visible = False
    plot.toolbar.logo = None
    for tone, colour in COLOURS.items():
        edges = _edges(graph, places, tone)
        source = ColumnDataSource(
            {
                "xs": [[start[0], end[0]] for start, end, *_ in edges],
                "ys": [[start[1], end[1]] for start, end, *_ in edges],
                "x": [end[0] for _, end, *_ in edges],
                "y": [end[1] for _, end, *_ in edges],
                "angle": [_angle(start, end, across / up) for start, end, *_ in edges],
                "width": [1 + 0.6 * min(data.get("weight", 1), 8) for *_, data in edges],
                "link": [f"{graph.nodes[u]['label']} → {graph.nodes[v]['label']}" for _, _, u, v, _ in edges],
                "about": [_about_edge(data, w) for *_, data in edges],
                "evidence": [" ⏐ ".join(data.get("evidence", []))[:700] for *_, data in edges],
            }
        )
        lines = plot.multi_line(
            "xs",
            "ys",
            source=source,
            line_width="width",
            color=colour,
            line_dash="dashed" if tone == "disagree" else "solid",
            alpha=0.7,
            hover_line_color="black",
            legend_label=w[tone],
        )
        plot.scatter("x", "y", source=source, marker="triangle", size=8, angle="angle", color=colour)
        tips = [(w["link"], "@link"), (w["kind"], "@about"), (w["evidence"], "@evidence")]
        plot.add_tools(HoverTool(renderers=[lines], tooltips=tips, line_policy="interp"))
    for stance, (_, marker) in MARKERS.items():
        nodes = [(node, data) for node, data in graph.nodes(data=True) if camp(data) == stance]
        if not nodes:
            continue
        source = ColumnDataSource(
            {
                "x": [places[node][0] for node, _ in nodes],
                "y": [places[node][1] for node, _ in nodes],
                "size": [_size(data) for _, data in nodes],
                "label": [_short(data["label"], 40) for _, data in nodes],
                "about": [_about_node(data, w) for _, data in nodes],
            }
        )
        dots = plot.scatter(
            "x",
            "y",
            size="size",
            source=source,
            marker=marker,
            fill_color=STANCE_COLOURS[stance],
            line_color="white",
            line_width=1.5,
            hover_line_color="black",
            legend_label=w[f"camp_{stance}"],
        )
        plot.add_tools(HoverTool(renderers=[dots], tooltips=[(w["author"], "@label"), ("", "@about")]))
        if len(graph) <= _LABELLED:
            plot.text("x", "y", text="label", source=source, y_offset=12, anchor="top_center", text_font_size="12px")
    if plot.legend:
        plot.legend.click_policy = "hide"
        plot.legend.label_text_font_size = "11px"
        plot.legend.background_fill_alpha = 0.85
    return plot


def _angle(start: Place, end: Place, stretch: float) -> float:
    """The angle of an arrow head in a plot that is `stretch` times as wide, in data units, as it is high."""
    return math.atan2((end[1] - start[1]) * stretch, end[0] - start[0]) - math.pi / 2


def _about_edge(data: dict[str, Any], w: dict[str, Any]) -> str:
    if "agreement" in data:
        return f"{_kind(data['kind'], w)}, {w[data['agreement']]}, {data['score']:.2f}"
    parts = [f"{data[label]} {w[label]}" for label in ("agree", "disagree", "neutral") if data[label]]
    kinds = ", ".join(_kind(kind, w) for kind in data["kinds"].split(","))
    return f"{', '.join(parts)}; {kinds}"


def _kind(kind: str, w: dict[str, Any]) -> str:
    return str(w["no_sign"] if kind == "none" else w[kind])


def _about_node(data: dict[str, Any], w: dict[str, Any]) -> str:
    stances = [f"{key.removeprefix('stance_')}: {w[value]}" for key, value in data.items() if key.startswith("stance_")]
    count = counted(w, "n_comments", data["comments"]) if "comments" in data else str(data["created"])[:10]
    return "; ".join(filter(None, [count, *stances]))


def to_html(graph: Graph, *, lang: str = "en") -> str:
    """The graph as one self-contained interactive page, which asks nothing of any network."""
    w = words(lang)
    script, div = figure_parts(to_figure(graph, height=760, lang=lang))
    about = w["graph_about"].format(
        nodes=counted(w, "n_nodes", len(graph)),
        links=counted(w, "n_links", graph.number_of_edges()),
        note=w["graph_note"],
    )
    return html_page("graph.html.jinja", title=w["graph_title"], about=about, lang=lang, figure=div, scripts=[script])
