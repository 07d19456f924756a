"""Why a comment's stances and links were found: probabilities of all labels, what weighed, the sign of each link."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer import replies as replies_
from analyzer.errors import ThreadError
from analyzer.linear import Linear
from analyzer.replies import Reply
from analyzer.stance import Candidate, Classifier, Label, Stance, seen_by
from analyzer.thread import Thread

if TYPE_CHECKING:
    from analyzer.model import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a candidate got its label.

    `probabilities` are those of all labels, `conditional` that of a condition, `timeframes` those of each time (`null`
    for none). `weights` tell what spoke for the label against the runner-up, in logarithms of odds, the heaviest first;
    they add up, with the intercept, to the odds. `focus` are the words that the encoder looked at.
    """

    activity: str
    label: Label
    runner_up: Label
    probabilities: dict[str, float]
    conditional: float
    timeframes: dict[str, float]
    evidence: str
    focus: tuple[str, ...]
    weights: tuple[tuple[str, float], ...]
    stance: Stance | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What was found in one comment and why; the candidates in the taxonomy's order."""

    thread_id: str
    comment_id: str
    author: str | None
    text: str
    reasons: tuple[Reason, ...]
    replies: tuple[Reply, ...]


def explain(thread: Thread, comment_id: str, model: "Model") -> Explanation:
    """The explanation of one comment (or `post`) of a thread. `ThreadError` where the thread has no such comment."""
    comment = next((one for one in thread.everything if one.id == comment_id), None)
    if comment is None:
        ids = ", ".join(one.id for one in thread.everything[:8])
        raise ThreadError(f"{thread.id}: no comment {comment_id!r}", hint=f"its comments are: {ids} …")
    replies, _ = replies_.find(thread)
    (candidates,) = model.candidates([thread])
    mine = [candidate for candidate in candidates if candidate.comment_id == comment_id]
    held = {stance.activity: stance for stance in model.classifiers.stances(mine)}
    return Explanation(
        thread_id=thread.id,
        comment_id=comment_id,
        author=comment.author.name if comment.author else None,
        text=comment.text,
        reasons=tuple(_reason(one, comment.text, model, held.get(one.activity)) for one in mine),
        replies=tuple(reply for reply in replies if reply.comment_id == comment_id),
    )


def _reason(candidate: Candidate, text: str, model: "Model", stance: Stance | None) -> Reason:
    parts = model.classifiers
    chances = parts.probabilities(candidate)
    chosen = parts.odds(candidate)
    label, runner_up = sorted(chosen, key=lambda one: -chosen[one])[:2]
    return Reason(
        activity=candidate.activity,
        label=label,
        runner_up=runner_up,
        probabilities={one.value: round(chance, 4) for one, chance in chances.items()},
        conditional=round(_chances(parts.conditional, "conditional", candidate)["True"], 4),
        timeframes={k: round(v, 4) for k, v in _chances(parts.timeframe, "timeframe", candidate).items()},
        evidence=text[slice(*candidate.span)],
        focus=tuple(text[slice(*span)] for span in candidate.focus),
        weights=_weights(parts.stance, candidate, label, runner_up),
        stance=stance,
    )


def _chances(classifier: Classifier, name: str, candidate: Candidate) -> dict[str, float]:
    (row,) = classifier.predict_proba([seen_by(name, candidate.features)])
    return dict(zip(map(str, classifier.classes_), map(float, row), strict=True))


def _weights(
    classifier: Classifier, candidate: Candidate, label: Label, against: Label
) -> tuple[tuple[str, float], ...]:
    """What each feature adds to the odds of a label against another; empty for a classifier that is not linear."""
    if not isinstance(classifier, Linear):
        return ()
    one, other = (classifier.classes_.index(name.value) for name in (label, against))
    found = [
        (name, round((classifier.coef_[name][one] - classifier.coef_[name][other]) * value, 3))
        for name, value in seen_by("stance", candidate.features).items()
        if name in classifier.coef_
    ]
    return tuple(sorted((pair for pair in found if pair[1]), key=lambda pair: -abs(pair[1])))
