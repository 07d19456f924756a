"""Analyses as one page that people open: the finding, the chart, every passage, the reply graph, what was read."""

from collections.abc import Sequence
from typing import Any

from analyzer import __version__
from analyzer.activities import Activity
from analyzer.analysis import Analysis, Record, latest, reply_records, stance_records, tally
from analyzer.draw import to_figure
from analyzer.graph import author_graph
from analyzer.page import counted, figure_parts, html_page, words

_AXIS = 630  # where the chart's middle line stands, of a width of 1000
_HALF = 290  # the room on each side of it
_MOST_LISTED = 4


def to_html(
    analyses: Sequence[Analysis],
    activities: Sequence[Activity],
    *,
    losses: Sequence[tuple[str, str]] = (),
    lang: str = "it",
    title: str | None = None,
) -> str:
    """The report on some analyses as one self-contained HTML page.

    `losses` are the loss reports to print, by the name of their source; `lang` is `it` or `en`.
    """
    w = words(lang)
    names = {activity.id: activity.name.get(lang, activity.id) for activity in activities}
    counts = {activity: row for activity, row in tally(analyses, list(names)).items() if sum(row.values())}
    script, figure = figure_parts(to_figure(author_graph(analyses), lang=lang))
    threads = [analysis.thread for analysis in analyses]
    authors = {comment.author.id for thread in threads for comment in thread.everything if comment.author}
    heading = title or (threads[0].title if len(threads) == 1 else None) or w["title"]
    model = ", ".join(sorted({analysis.model for analysis in analyses})) or "–"
    return html_page(
        "report.html.jinja",
        scripts=[script],
        figure=figure,
        w=w,
        lang=lang,
        heading=heading,
        subtitle=w["subtitle"].format(
            comments=counted(w, "n_comments", sum(bool(c.text) for thread in threads for c in thread.comments)),
            threads=counted(w, "n_threads", len(threads)),
            authors=counted(w, "n_authors", len(authors)),
        ),
        finding=_finding(analyses, counts, names, w),
        bars=_bars(counts, names, w),
        axis=_AXIS,
        stances=_stance_rows(analyses, names, w),
        replies=[row for analysis in analyses for row in _reply_rows(analysis, w)],
        losses=losses,
        made_with=w["made_with"].format(version=__version__, model=model),
    )


def _finding(
    analyses: Sequence[Analysis], counts: dict[str, dict[str, int]], names: dict[str, str], w: dict[str, Any]
) -> str:
    """The result in words: which activities most would hand outside, keep inside, or disagree on."""
    if not counts:
        return str(w["finding_none"])
    held = latest(analyses)
    people = {
        author.id
        if (author := next(c for c in a.thread.everything if c.id == s.comment_id).author)
        else (id(a), s.comment_id)
        for a, s in held
    }
    sides: dict[str, list[str]] = {"favor": [], "against": [], "open": []}
    for activity, row in sorted(counts.items(), key=lambda item: -sum(item[1].values())):
        total = sum(row.values())
        side = next((key for key in ("favor", "against") if row[key] * 2 > total), "open")
        sides[side].append(f"{names[activity]} ({total if side == 'open' else f'{row[side]}/{total}'})")
    takers, held_on = counted(w, "n_takers", len(people)), counted(w, "n_activities", len(counts))
    sentences = [w["finding"].format(takers=takers, activities=held_on)]
    for side, listed in sides.items():
        if listed:
            more = len(listed) - _MOST_LISTED
            rest = " " + counted(w, "n_more", more) if more > 0 else ""
            sentences.append(w[f"finding_{side}"].format(list=", ".join(listed[:_MOST_LISTED]) + rest))
    return " ".join(sentences)


def _bars(counts: dict[str, dict[str, int]], names: dict[str, str], w: dict[str, Any]) -> list[Record]:
    """The chart's rows: against left of the axis, favor right of it, mixed across it, all to one scale."""
    reach = max((max(row["against"], row["favor"]) + row["mixed"] / 2 for row in counts.values()), default=1)
    unit = min(_HALF / reach, 60)
    bars = []
    for activity, row in sorted(counts.items(), key=lambda item: -sum(item[1].values())):
        half = row["mixed"] * unit / 2
        starts = {"against": _AXIS - half - row["against"] * unit, "mixed": _AXIS - half, "favor": _AXIS + half}
        parts = [
            {
                "x": round(starts[key], 1),
                "width": round(row[key] * unit, 1),
                "count": row[key],
                "label": w[key],
                "colour": {"against": "in", "mixed": "mix", "favor": "out"}[key],
            }
            for key in ("against", "mixed", "favor")
            if row[key]
        ]
        bars.append({"name": names[activity], "parts": parts, "total": sum(row.values()), "counts": row})
    return bars


def _stance_rows(analyses: Sequence[Analysis], names: dict[str, str], w: dict[str, Any]) -> list[Record]:
    rows: list[Record] = []
    for analysis in analyses:
        for row in stance_records(analysis.thread, (s for s in analysis.stances if s.stance != "none")):
            rows.append({**row, "name": names[row["activity"]], **_shown(analysis, row, w)})
    order = list(names.values())
    return sorted(rows, key=lambda row: (order.index(row["name"]), -row["score"]))


def _reply_rows(analysis: Analysis, w: dict[str, Any]) -> list[Record]:
    return [{**row, **_shown(analysis, row, w)} for row in reply_records(analysis.thread, analysis.replies)]


def _shown(analysis: Analysis, row: Record, w: dict[str, Any]) -> Record:
    url = analysis.thread.url or ""
    author = next(comment.author for comment in analysis.thread.everything if comment.id == row["comment_id"])
    return {
        "inferred": author.inferred if author else None,
        "thread_title": analysis.thread.title or analysis.thread.id,
        "thread_url": url if url.startswith(("http://", "https://")) else None,
        "shown_score": f"{row['score']:.2f}".replace(".", w["comma"]),
    }
