"""How well stances and replies are found: scores against gold threads, beside baselines."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer import replies as replies_
from analyzer.gold import Gold
from analyzer.model import Row, labelled
from analyzer.replies import Agreement, Reply
from analyzer.stance import Candidate, Classifiers, Label, Stance
from analyzer.thread import POST, Thread

if TYPE_CHECKING:
    import numpy as np

LABELS = (Label.FAVOR, Label.AGAINST, Label.MIXED)
Found = Sequence[Sequence[Stance]]
"""For each gold thread the stances found in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StanceScores:
    """Scores of stances found against gold, over all threads together; each between 0 and 1.

    `precision`, `recall` and `f1` are of (comment, activity, stance) triples, micro-averaged; `pair_f1` ignores the
    label; `label_accuracy` is taken on the pairs found; `by_label` gives F1 per label. `conditional_f1`,
    `timeframe_accuracy` and `evidence_overlap` (spans that share a character) are taken on the triples found.
    """

    precision: float
    recall: float
    f1: float
    pair_f1: float
    label_accuracy: float
    by_label: dict[str, float]
    conditional_f1: float
    timeframe_accuracy: float
    evidence_overlap: float
    found: int
    gold: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyScores:
    """Scores of reply links against gold: of all (comment, to) pairs, of their recall by kind, and of agreement.

    `agreement_macro_f1` is taken on the links found. Links without a sign are counted as `none, to post` and `none`.
    """

    precision: float
    recall: float
    f1: float
    recall_by_kind: dict[str, float]
    agreement_macro_f1: float
    gold: int


def f1(hits: int, found: int, gold: int) -> float:
    """The harmonic mean of precision and recall, 0 where there is nothing to find or nothing found.

    >>> f1(2, 4, 4)
    0.5
    """
    return 2 * hits / (found + gold) if found + gold else 0.0


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def score_stances(found: Found, gold: Sequence[Gold]) -> StanceScores:
    """Scores of the stances found in each gold thread."""
    pairs: list[tuple[Stance, Stance]] = []
    total_found = total_gold = 0
    per_label = {label: Counter[str]() for label in LABELS}
    for stances, one in zip(found, gold, strict=True):
        known = {(stance.comment_id, stance.activity): stance for stance in one.stances}
        total_found, total_gold = total_found + len(stances), total_gold + len(one.stances)
        for stance in one.stances:
            per_label[stance.stance]["gold"] += 1
        for stance in stances:
            per_label[stance.stance]["found"] += 1
            if right := known.get((stance.comment_id, stance.activity)):
                pairs.append((stance, right))
                per_label[stance.stance]["hits"] += stance.stance == right.stance
    hits = [(mine, right) for mine, right in pairs if mine.stance == right.stance]
    conditional = sum(mine.conditional and right.conditional for mine, right in hits)
    return StanceScores(
        precision=_ratio(len(hits), total_found),
        recall=_ratio(len(hits), total_gold),
        f1=f1(len(hits), total_found, total_gold),
        pair_f1=f1(len(pairs), total_found, total_gold),
        label_accuracy=_ratio(len(hits), len(pairs)),
        by_label={label.value: f1(c["hits"], c["found"], c["gold"]) for label, c in per_label.items()},
        conditional_f1=f1(conditional, sum(m.conditional for m, _ in hits), sum(r.conditional for _, r in hits)),
        timeframe_accuracy=_ratio(sum(mine.timeframe == right.timeframe for mine, right in hits), len(hits)),
        evidence_overlap=_ratio(sum(_overlap(mine, right) for mine, right in hits), len(hits)),
        found=total_found,
        gold=total_gold,
    )


def _overlap(one: Stance, other: Stance) -> bool:
    return max(one.span[0], other.span[0]) < min(one.span[1], other.span[1])


def candidate_recall(candidates: Sequence[Sequence[Candidate]], gold: Sequence[Gold]) -> float:
    """The share of gold stances whose (comment, activity) is a candidate at all: no classifier can find more."""
    hits = 0
    for listed, one in zip(candidates, gold, strict=True):
        named = {(candidate.comment_id, candidate.activity) for candidate in listed}
        hits += sum((stance.comment_id, stance.activity) in named for stance in one.stances)
    return _ratio(hits, sum(len(one.stances) for one in gold))


def held_out(
    classifiers: Classifiers, candidates: Sequence[Sequence[Candidate]], gold: Sequence[Gold]
) -> tuple[list[list[Stance]], float]:
    """The stances that classifiers find in gold threads which they were not fitted on, and their calibration error.

    The error is the expected calibration error of the stances found (`none` apart) over ten equal bins of their score.
    """
    import numpy as np

    found = [classifiers.stances(listed) if listed else [] for listed in candidates]
    chosen: list[tuple[float, bool]] = []
    for stances, one in zip(found, gold, strict=True):
        held = {(stance.comment_id, stance.activity): stance.stance for stance in one.stances}
        chosen += [(s.score, held.get((s.comment_id, s.activity)) == s.stance) for s in stances]
    return found, _calibration_error(np.array(chosen).reshape(-1, 2))


def _calibration_error(chosen: "np.ndarray", bins: int = 10) -> float:
    """Expected calibration error (Naeini et al., AAAI 2015) of rows (probability, right or not)."""
    error = 0.0
    for low in range(bins):
        inside = chosen[(chosen[:, 0] > low / bins) & (chosen[:, 0] <= (low + 1) / bins)]
        if len(inside):
            error += len(inside) / len(chosen) * abs(float(inside[:, 0].mean() - inside[:, 1].mean()))
    return error


def majority(candidates: Sequence[Sequence[Candidate]], train: Sequence[Gold]) -> list[list[Stance]]:
    """Baseline: every activity named gets the label it has most often in the training threads."""
    labels = Counter((stance.activity, stance.stance) for one in train for stance in one.stances)
    return [
        [_plain(one, max(LABELS, key=lambda label: labels[one.activity, label])) for one in listed]
        for listed in candidates
    ]


def keywords(candidates: Sequence[Sequence[Candidate]]) -> list[list[Stance]]:
    """Baseline: the cues of handing out and keeping in around an activity decide; negation reverses them."""
    return [
        [_plain(one, label) for one in listed if (label := _keyword_label(one)) is not None] for listed in candidates
    ]


def _keyword_label(candidate: Candidate) -> Label | None:
    seen = {key for key, value in candidate.features.items() if value}
    outside = bool(seen & {"own hand_out", "own not keep_in"})
    inside = bool(seen & {"own keep_in", "own not hand_out"})
    if "own split" in seen or (outside and inside):
        return Label.MIXED
    return Label.FAVOR if outside else Label.AGAINST if inside else None


def _plain(candidate: Candidate, label: Label) -> Stance:
    return Stance(
        comment_id=candidate.comment_id,
        activity=candidate.activity,
        stance=label,
        conditional=False,
        timeframe=None,
        score=1.0,
        span=candidate.clauses[0][0],
    )


ReplyFinder = Callable[[Thread], Iterable[Reply]]


def score_replies(gold: Sequence[Gold], finder: ReplyFinder = lambda thread: replies_.find(thread)[0]) -> ReplyScores:
    """Scores of the links that a finder gives for each gold thread."""
    hits = found = 0
    by_kind: Counter[str] = Counter()
    hit_by_kind: Counter[str] = Counter()
    tones: Counter[tuple[Agreement, Agreement]] = Counter()
    for one in gold:
        mine = {(reply.comment_id, reply.to_id): reply for reply in finder(one.thread)}
        found += len(mine)
        for reply in one.replies:
            kind = reply.kind.value if reply.kind != "none" else "none, to post" if reply.to_id == POST else "none"
            by_kind[kind] += 1
            if match := mine.get((reply.comment_id, reply.to_id)):
                hits += 1
                hit_by_kind[kind] += 1
                tones[reply.agreement, match.agreement] += 1
    total = sum(by_kind.values())
    return ReplyScores(
        precision=_ratio(hits, found),
        recall=_ratio(hits, total),
        f1=f1(hits, found, total),
        recall_by_kind={kind: _ratio(hit_by_kind[kind], count) for kind, count in sorted(by_kind.items())},
        agreement_macro_f1=_macro_f1(tones),
        gold=total,
    )


def _macro_f1(tones: Counter[tuple[Agreement, Agreement]]) -> float:
    scores = []
    for label in Agreement:
        found = sum(count for (_, mine), count in tones.items() if mine == label)
        gold = sum(count for (right, _), count in tones.items() if right == label)
        scores.append(f1(tones[label, label], found, gold))
    return sum(scores) / len(scores)


def always_post(thread: Thread) -> list[Reply]:
    """Baseline: every comment answers the post, neutrally, unless the export names its parent."""
    return [_link(comment.id, comment.reply_to or POST) for comment in thread.comments]


def previous_comment(thread: Thread) -> list[Reply]:
    """Baseline: every comment answers the one before it, unless the export names its parent."""
    return [
        _link(comment.id, comment.reply_to or earlier.id)
        for earlier, comment in zip(thread.everything, thread.comments, strict=False)
    ]


def _link(comment_id: str, to_id: str) -> Reply:
    return Reply(
        comment_id=comment_id,
        to_id=to_id,
        kind=replies_.Kind.NONE,
        agreement=Agreement.NEUTRAL,
        score=1.0,
        span=None,
    )


def rows_of(candidates: Sequence[Sequence[Candidate]], gold: Sequence[Gold]) -> tuple[list[Row], list[int]]:
    """All labelled candidates in one list, and for each the place of its thread."""
    rows = [labelled(listed, one) for listed, one in zip(candidates, gold, strict=True)]
    return [row for listed in rows for row in listed], [place for place, listed in enumerate(rows) for _ in listed]
