"""Annotation tools: what was found goes out as tasks to correct, and corrected tasks come back as gold threads.

A task is one comment, with its thread as context; the doubtful ones come first. In Label Studio an activity is the
label of a region, which has stance, condition and time as choices of its own; doccano and Prodigy know labels alone, so
there one tells all: `seo:favor`, `seo:favor:if:present`. Offsets are code points.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any
from xml.sax.saxutils import quoteattr

from analyzer.activities import Activity
from analyzer.analysis import Analysis
from analyzer.errors import ThreadError
from analyzer.gold import Gold
from analyzer.stance import Label, Stance, Timeframe
from analyzer.text import Span
from analyzer.thread import POST, Comment, Thread

Task = dict[str, Any]


class Tool(StrEnum):
    """The annotation tools whose files are written and read."""

    LABEL_STUDIO = "label-studio"
    DOCCANO = "doccano"
    PRODIGY = "prodigy"


STANCES = (Label.FAVOR, Label.AGAINST, Label.MIXED)
_IF = "if"
_CONTEXT = 600  # characters of the post, and of the comment answered, that a task shows


def tasks(analyses: Iterable[Analysis], tool: Tool) -> list[Task]:
    """A task for each post and comment that has a text, the doubtful ones first.

    The doubt is that of the least certain of its candidates, so the analyses should hold those without a stance too.
    """
    found = []
    for analysis in analyses:
        by_comment: dict[str, list[Stance]] = {}
        for stance in analysis.stances:
            by_comment.setdefault(stance.comment_id, []).append(stance)
        answered: dict[str, str] = {}
        for reply in analysis.replies:
            answered.setdefault(reply.comment_id, reply.to_id)
        by_id = {comment.id: comment for comment in analysis.thread.everything}
        for comment in analysis.thread.everything:
            if not comment.text:
                continue
            stances = by_comment.get(comment.id, [])
            doubt = max((1 - stance.score for stance in stances), default=0.0)
            held = [stance for stance in stances if stance.stance is not Label.NONE]
            context = _context(analysis.thread, by_id.get(answered.get(comment.id, "")))
            found.append((doubt, _WRITERS[tool](analysis, comment, held, context, round(doubt, 4))))
    return [task for _, task in sorted(found, key=lambda row: -row[0])]


def to_text(listed: Sequence[Task], tool: Tool) -> str:
    """The file of tasks: a JSON list for Label Studio, JSON lines for the others."""
    if tool is Tool.LABEL_STUDIO:
        return json.dumps(listed, ensure_ascii=False, indent=1) + "\n"
    return "".join(json.dumps(task, ensure_ascii=False) + "\n" for task in listed)


def _context(thread: Thread, answered: Comment | None) -> str:
    """Title, beginning of the post and of the comment answered, as a reader of the thread has seen them."""

    def shown(comment: Comment) -> str:
        who = comment.author.name if comment.author else "?"
        text = comment.text if len(comment.text) <= _CONTEXT else f"{comment.text[:_CONTEXT]}…"
        return f"{who}: {text}"

    parts = [thread.title or "", shown(thread.post) if thread.post.text else ""]
    if answered and answered.id != POST:
        parts.append(shown(answered))
    return "\n\n".join(part for part in parts if part)


def _whose(analysis: Analysis, comment: Comment) -> dict[str, str]:
    return {"thread_id": analysis.thread.id, "comment_id": comment.id}


def _label(stance: Stance) -> str:
    more = [_IF] if stance.conditional else []
    return ":".join([stance.activity, stance.stance, *more, *([stance.timeframe] if stance.timeframe else [])])


def _label_studio(analysis: Analysis, comment: Comment, held: Sequence[Stance], context: str, doubt: float) -> Task:
    result: list[dict[str, Any]] = []
    for place, stance in enumerate(held):
        start, end = stance.span
        where = {"start": start, "end": end, "text": comment.text[start:end]}
        region = {"id": f"{comment.id}-{place}", "to_name": "text"}
        result.append(
            {**region, "from_name": "activity", "type": "labels", "value": {**where, "labels": [stance.activity]}}
        )
        chosen = {
            "stance": stance.stance.value,
            "timeframe": stance.timeframe.value if stance.timeframe else None,
            "conditional": _IF if stance.conditional else None,
        }
        result += [
            {**region, "from_name": name, "type": "choices", "value": {**where, "choices": [choice]}}
            for name, choice in chosen.items()
            if choice
        ]
    return {
        "data": {"text": comment.text, "context": context, "doubt": doubt, **_whose(analysis, comment)},
        "predictions": [{"model_version": analysis.model, "score": round(1 - doubt, 4), "result": result}],
    }


def _doccano(analysis: Analysis, comment: Comment, held: Sequence[Stance], context: str, doubt: float) -> Task:
    labels = [[*stance.span, _label(stance)] for stance in held]
    return {"text": comment.text, "label": labels, "context": context, "doubt": doubt, **_whose(analysis, comment)}


def _prodigy(analysis: Analysis, comment: Comment, held: Sequence[Stance], context: str, doubt: float) -> Task:
    spans = [{"start": s.span[0], "end": s.span[1], "label": _label(s)} for s in held]
    meta = {**_whose(analysis, comment), "doubt": doubt, "context": context}
    return {"text": comment.text, "spans": spans, "meta": meta}


_WRITERS = {Tool.LABEL_STUDIO: _label_studio, Tool.DOCCANO: _doccano, Tool.PRODIGY: _prodigy}


def label_studio_config(activities: Iterable[Activity]) -> str:
    """The labelling interface that a Label Studio project needs for the tasks."""
    labels = "\n".join(f"    <Label value={quoteattr(activity.id)}/>" for activity in activities)

    def choices(name: str, values: Iterable[str], required: bool = False) -> str:
        inside = "".join(f"<Choice value={quoteattr(value)}/>" for value in values)
        more = ' required="true"' if required else ""
        return f'  <Choices name="{name}" toName="text" perRegion="true"{more}>{inside}</Choices>'

    return "\n".join(
        [
            "<View>",
            '  <Text name="context" value="$context"/>',
            '  <Labels name="activity" toName="text">',
            labels,
            "  </Labels>",
            '  <Text name="text" value="$text"/>',
            choices("stance", STANCES, required=True),
            choices("timeframe", Timeframe),
            choices("conditional", [_IF]),
            "</View>\n",
        ]
    )


def corrected(text: str, threads: Iterable[Thread], where: str = "tasks") -> list[Gold]:
    """The gold threads that a file of corrected tasks makes of the threads it was exported from.

    The tool is told by the content. Only comments whose task was annotated are judged (`Gold.judged`), and only threads
    with one come back; replies are not annotated. Raises `ThreadError`, with the task's place, where a task belongs to
    no thread, its text is another, or a label is unknown or contradicts one beside it.
    """
    comments = {(thread.id, comment.id): comment for thread in threads for comment in thread.everything}
    by_id = {thread.id: thread for thread in threads}
    judged: dict[str, dict[str, list[Stance]]] = {}
    for place, task in enumerate(_parsed(text, where), 1):
        at = f"{where}, task {place}"
        try:
            thread_id, comment_id, given, marks = _read(task)
        except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
            raise ThreadError(f"{at}: not a task of Label Studio, doccano or Prodigy: {error!r}") from error
        if marks is None:
            continue
        comment = comments.get((thread_id, comment_id))
        if comment is None:
            raise ThreadError(
                f"{at}: there is no comment {comment_id!r} in a thread {thread_id!r}",
                hint="give the inputs that the tasks were exported from",
            )
        if given != comment.text:
            raise ThreadError(f"{at}: its text is not that of {thread_id}/{comment_id}")
        judged.setdefault(thread_id, {})[comment_id] = _stances(comment, marks, at)
    return [
        Gold(
            thread=by_id[thread_id],
            stances=tuple(s for c in by_id[thread_id].everything for s in found.get(c.id, ())),
            replies=(),
            judged=frozenset(found),
        )
        for thread_id, found in judged.items()
    ]


def _parsed(text: str, where: str) -> list[Task]:
    try:
        if text.lstrip().startswith("["):
            return list(json.loads(text))
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        raise ThreadError(f"{where}: not JSON: {error}", hint="export the annotations as JSON or JSONL") from error


Mark = tuple[Span, str, list[str]]
"""A passage, the activity, and what is said of it: stance, condition, time."""


def _read(task: Task) -> tuple[str, str, str, list[Mark] | None]:
    """Thread, comment, text and marks of a task of any tool; None for the marks of one that nobody annotated."""
    if "data" in task:
        data = task["data"]
        done = [one for one in task.get("annotations", ()) if not one.get("was_cancelled")]
        marks = _regions(done[-1]["result"], data["text"]) if done else None
        return data["thread_id"], data["comment_id"], data["text"], marks
    meta = task if "comment_id" in task else task["meta"]
    if task.get("answer", "accept") != "accept":
        return meta["thread_id"], meta["comment_id"], task["text"], None
    listed: list[Any] = next((task[key] for key in ("spans", "label", "labels", "entities") if key in task), [])
    spans = [_span(item) for item in listed]
    return meta["thread_id"], meta["comment_id"], task["text"], spans


def _span(item: Any) -> Mark:
    if isinstance(item, Mapping):
        start, end = (item.get(name, item.get(f"{name}_offset")) for name in ("start", "end"))
        label = item["label"]
    else:
        start, end, label = item
    activity, *said = label.split(":")
    return (int(start), int(end)), activity, said


def _regions(result: Sequence[Mapping[str, Any]], text: str) -> list[Mark]:
    """The regions of a Label Studio annotation, each with the choices made for it."""
    spans: dict[str, tuple[Span, str]] = {}
    said: dict[str, list[str]] = {}
    for item in result:
        value = item["value"]
        if item["type"] == "labels":
            spans[item["id"]] = (_code_points(value, text), value["labels"][0])
        else:
            said.setdefault(item["id"], []).extend(value["choices"])
    return [(span, activity, said.get(region, [])) for region, (span, activity) in spans.items()]


def _code_points(value: Mapping[str, Any], text: str) -> Span:
    """A region's offsets in code points. Some releases of Label Studio count UTF-16 units: the region's text tells."""
    start, end = int(value["start"]), int(value["end"])
    quoted = value.get("text")
    if quoted is None or text[start:end] == quoted:
        return start, end
    units = text.encode("utf-16-le")
    before, inside = (part.decode("utf-16-le", "replace") for part in (units[: 2 * start], units[2 * start : 2 * end]))
    if inside != quoted:
        raise ValueError(f"{quoted!r} is not the text at {start}:{end}")
    return len(before), len(before) + len(inside)


def _stances(comment: Comment, marks: Iterable[Mark], at: str) -> list[Stance]:
    found: dict[str, Stance] = {}
    for (start, end), activity, said in sorted(marks):
        labels = [one for one in said if one in STANCES]
        times = [one for one in said if one in [*Timeframe]]
        if len(labels) != 1 or len(times) > 1 or set(said) - {*labels, *times, _IF}:
            raise ThreadError(
                f"{at}: {':'.join([activity, *said])!r} is no stance",
                hint=f"one of {', '.join(STANCES)}, then perhaps {_IF} and one of {', '.join(Timeframe)}",
            )
        if not 0 <= start < end <= len(comment.text):
            raise ThreadError(f"{at}: {start}:{end} lies outside the text")
        stance = Stance(
            comment_id=comment.id,
            activity=activity,
            stance=Label(labels[0]),
            conditional=_IF in said,
            timeframe=Timeframe(times[0]) if times else None,
            score=1.0,
            span=(start, end),
        )
        if (other := found.setdefault(activity, stance)).stance is not stance.stance:
            raise ThreadError(f"{at}: {activity} is both {other.stance} and {stance.stance}", hint="keep one, or mixed")
    return sorted(found.values(), key=lambda stance: stance.span)
