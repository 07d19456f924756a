"""How well stances and replies are found: scores against gold threads, beside baselines."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from analyzer import replies as replies_
from analyzer.gold import Gold
from analyzer.model import SEED, Row, labelled
from analyzer.replies import Agreement, Reply
from analyzer.stance import Candidate, Label, Stance
from analyzer.thread import POST, Thread

LABELS = (Label.FAVOR, Label.AGAINST, Label.MIXED)
Found = Sequence[Sequence[Stance]]
"""For each gold thread the stances found in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScores:
    """Precision, recall and F1 of one label, each between 0 and 1."""

    precision: float
    recall: float
    f1: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StanceScores:
    """Scores of stances found against gold, over all threads together; each between 0 and 1.

    `precision`, `recall` and `f1` are of (comment, activity, stance) triples, micro-averaged; `macro_f1` is the mean of
    the labels' F1, `favor_against_f1` that of favor and against alone (as in SardiStance, EVALITA 2020). `pair_f1`
    ignores the label; `label_accuracy` is taken on the pairs found. `none_f1` is of the candidates without a stance.
    `conditional_f1`, `timeframe_accuracy` and `evidence_overlap` (spans that share a character) are taken on the
    triples found.
    """

    precision: float
    recall: float
    f1: float
    macro_f1: float
    favor_against_f1: float
    none_f1: float
    pair_f1: float
    label_accuracy: float
    by_label: dict[str, LabelScores]
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


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


Counts = Counter[str]
"""What a thread adds to the scores; counts of threads add up."""


def counted(found: Sequence[Stance], gold: Gold, candidates: Sequence[Candidate] = ()) -> Counts:
    """The counts behind the scores of one thread; `candidates` tell what could have been found."""
    right = {(stance.comment_id, stance.activity): stance for stance in gold.stances}
    mine = {(stance.comment_id, stance.activity): stance for stance in found}
    counts: Counts = Counter(gold=len(right), found=len(mine))
    for name, stances in (("gold", right), ("found", mine)):
        counts.update(f"{stance.stance} {name}" for stance in stances.values())
    for pair, stance in mine.items():
        if pair not in right:
            continue
        counts["pairs"] += 1
        if stance.stance != right[pair].stance:
            continue
        counts.update(("hits", f"{stance.stance} hits"))
        counts["conditional gold"] += right[pair].conditional
        counts["conditional found"] += stance.conditional
        counts["conditional hits"] += stance.conditional and right[pair].conditional
        counts["timeframe hits"] += stance.timeframe == right[pair].timeframe
        counts["evidence hits"] += _overlap(stance, right[pair])
    for candidate in candidates:
        pair = (candidate.comment_id, candidate.activity)
        counts["none gold"] += pair not in right
        counts["none found"] += pair not in mine
        counts["none hits"] += pair not in right and pair not in mine
    return counts


def scores_of(counts: Counts) -> StanceScores:
    """The scores that counts come to."""

    def f1_of(name: str) -> float:
        return f1(counts[f"{name} hits"], counts[f"{name} found"], counts[f"{name} gold"])

    by_label = {
        label.value: LabelScores(
            precision=_ratio(counts[f"{label} hits"], counts[f"{label} found"]),
            recall=_ratio(counts[f"{label} hits"], counts[f"{label} gold"]),
            f1=f1_of(label),
        )
        for label in LABELS
    }
    return StanceScores(
        precision=_ratio(counts["hits"], counts["found"]),
        recall=_ratio(counts["hits"], counts["gold"]),
        f1=f1(counts["hits"], counts["found"], counts["gold"]),
        macro_f1=sum(scores.f1 for scores in by_label.values()) / len(by_label),
        favor_against_f1=(by_label[Label.FAVOR].f1 + by_label[Label.AGAINST].f1) / 2,
        none_f1=f1_of("none"),
        pair_f1=f1(counts["pairs"], counts["found"], counts["gold"]),
        label_accuracy=_ratio(counts["hits"], counts["pairs"]),
        by_label=by_label,
        conditional_f1=f1_of("conditional"),
        timeframe_accuracy=_ratio(counts["timeframe hits"], counts["hits"]),
        evidence_overlap=_ratio(counts["evidence hits"], counts["hits"]),
        found=counts["found"],
        gold=counts["gold"],
    )


def score_stances(
    found: Found, gold: Sequence[Gold], candidates: Sequence[Sequence[Candidate]] | None = None
) -> StanceScores:
    """Scores of the stances found in each gold thread; without its candidates `none_f1` is 0."""
    return scores_of(sum(_counts(found, gold, candidates), Counter()))


def _counts(
    found: Found, gold: Sequence[Gold], candidates: Sequence[Sequence[Candidate]] | None = None
) -> list[Counts]:
    return [
        counted(stances, one, listed)
        for stances, one, listed in zip(found, gold, candidates or [()] * len(gold), strict=True)
    ]


BOUNDED = (
    "precision",
    "recall",
    "f1",
    "pair_f1",
    "label_accuracy",
    "conditional_f1",
    "timeframe_accuracy",
    "evidence_overlap",
)
"""The scores that get an interval."""


def intervals(counts: Sequence[Counts], draws: int = 1000) -> dict[str, tuple[float, float]]:
    """For each score in `BOUNDED` the bounds between which it lies in 95 of 100 draws of so many threads.

    The percentile bootstrap over threads (Efron 1979): threads are drawn with replacement, since the stances of one
    thread are not independent of one another. The draws are the same each time.
    """
    import numpy as np

    names = sorted({name for one in counts for name in one})
    table = np.array([[one[name] for name in names] for one in counts])
    drawn = np.random.default_rng(SEED).multinomial(len(counts), [1 / len(counts)] * len(counts), draws) @ table
    scores = [scores_of(Counter(dict(zip(names, row, strict=True)))) for row in drawn.tolist()]
    found = {name: np.percentile([getattr(one, name) for one in scores], [2.5, 97.5]) for name in BOUNDED}
    return {name: (float(low), float(high)) for name, (low, high) in found.items()}


def _overlap(one: Stance, other: Stance) -> bool:
    return max(one.span[0], other.span[0]) < min(one.span[1], other.span[1])


def candidate_recall(candidates: Sequence[Sequence[Candidate]], gold: Sequence[Gold]) -> float:
    """The share of gold stances whose (comment, activity) is a candidate at all: no classifier can find more."""
    hits = 0
    for listed, one in zip(candidates, gold, strict=True):
        named = {(candidate.comment_id, candidate.activity) for candidate in listed}
        hits += sum((stance.comment_id, stance.activity) in named for stance in one.stances)
    return _ratio(hits, sum(len(one.stances) for one in gold))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """The stances found with a score between two bounds: how many, their mean score, and the share that is right."""

    low: float
    high: float
    found: int
    score: float
    right: float


def calibration(found: Found, gold: Sequence[Gold], bins: int = 10) -> tuple[Bin, ...]:
    """Found stances in equal bins of their score, empty ones left out; in each, score and share right should agree."""
    rows: list[list[tuple[float, bool]]] = [[] for _ in range(bins)]
    for stances, one in zip(found, gold, strict=True):
        right = {(stance.comment_id, stance.activity): stance.stance for stance in one.stances}
        for stance in stances:
            place = min(int(stance.score * bins), bins - 1)
            rows[place].append((stance.score, right.get((stance.comment_id, stance.activity)) == stance.stance))
    return tuple(
        Bin(
            low=place / bins,
            high=(place + 1) / bins,
            found=len(row),
            score=_ratio(sum(score for score, _ in row), len(row)),
            right=_ratio(sum(is_right for _, is_right in row), len(row)),
        )
        for place, row in enumerate(rows)
        if row
    )


def calibration_error(bins: Sequence[Bin]) -> float:
    """Expected calibration error (Naeini et al., AAAI 2015): how far score and share right differ, on average."""
    return _ratio(sum(one.found * abs(one.score - one.right) for one in bins), sum(one.found for one in bins))


def majority(candidates: Sequence[Sequence[Candidate]], train: Sequence[Gold]) -> list[list[Stance]]:
    """Baseline: every candidate gets the label that its activity has most often in the training threads."""
    labels = Counter((stance.activity, stance.stance) for one in train for stance in one.stances)
    return [
        [_plain(one, max(LABELS, key=lambda label: labels[one.activity, label])) for one in listed]
        for listed in candidates
    ]


def unigrams(
    candidates: Sequence[Sequence[Candidate]],
    gold: Sequence[Gold],
    train_candidates: Sequence[Sequence[Candidate]],
    train: Sequence[Gold],
) -> list[list[Stance]]:
    """Baseline: a linear SVM over the words of the comment and the activity, the baseline of SemEval-2016 Task 6."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.pipeline import make_pipeline
    from sklearn.svm import LinearSVC

    def texts(listed: Sequence[Candidate], one: Gold) -> list[str]:
        by_id = {comment.id: comment.text for comment in one.thread.everything}
        return [f"activity_{found.activity} {by_id[found.comment_id]}" for found in listed]

    rows = [(labelled(listed, one), one) for listed, one in zip(train_candidates, train, strict=True)]
    seen = [text for learnt, one in rows for text in texts([row[0] for row in learnt], one)]
    right = [row[1] for learnt, _ in rows for row in learnt]
    if len(set(right)) < 2:
        return [[] for _ in candidates]
    svm = make_pipeline(CountVectorizer(binary=True), LinearSVC(class_weight="balanced", dual=False))
    svm.fit(seen, right)
    found = []
    for listed, one in zip(candidates, gold, strict=True):
        labels = svm.predict(texts(listed, one)) if listed else ()
        found.append(
            [
                _plain(candidate, Label(label))
                for candidate, label in zip(listed, labels, strict=True)
                if label != Label.NONE
            ]
        )
    return found


def keywords(candidates: Sequence[Sequence[Candidate]]) -> list[list[Stance]]:
    """Baseline: the cues of handing out and keeping in around an activity decide; negation reverses them."""
    return [
        [_plain(one, label) for one in listed if (label := _keyword_label(one)) is not None] for listed in candidates
    ]


def _keyword_label(candidate: Candidate) -> Label | None:
    seen = {key for key, value in candidate.features.items() if value}
    outside = bool(seen & {"group hand_out", "group not keep_in"})
    inside = bool(seen & {"group keep_in", "group not hand_out"})
    if "group split" in seen or (outside and inside):
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
        span=candidate.span,
    )


MEANT = {
    "hand_out": Label.FAVOR,
    "outside_doer": Label.FAVOR,
    "keep_in": Label.AGAINST,
    "inside_doer": Label.AGAINST,
    "split": Label.MIXED,
}
"""The label that a group of cues stands for; the other groups tell conditions and times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CueScores:
    """What one cue is worth on the candidates of gold threads, as Snorkel judges a labelling function (VLDB 2017).

    `coverage`: the share of candidates beside whose activity it stands; of these, `overlap`: the share where another
    cue stands too; `conflict`: where another stands for another label; `right`: where the gold has its label.
    """

    group: str
    cue: str
    candidates: int
    coverage: float
    overlap: float
    conflict: float
    right: float


def score_cues(candidates: Sequence[Sequence[Candidate]], gold: Sequence[Gold]) -> list[CueScores]:
    """Each cue of handing out, keeping in and splitting that stands beside an activity, the most frequent first."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    rows, _ = rows_of(candidates, gold)
    for candidate, label, _, _ in rows:
        present = [
            (group, cue)
            for group, _, cue in (name[4:].partition(" ") for name in candidate.features if name.startswith("cue "))
            if group in MEANT
        ]
        for group, cue in present:
            others = {MEANT[other] for other, words in present if (other, words) != (group, cue)}
            mine = counts.setdefault((group, cue), Counter())
            mine.update(
                candidates=1,
                overlap=bool(others),
                conflict=bool(others - {MEANT[group]}),
                right=label == MEANT[group],
            )
    return [
        CueScores(
            group=group,
            cue=cue,
            candidates=found["candidates"],
            coverage=found["candidates"] / len(rows),
            overlap=found["overlap"] / found["candidates"],
            conflict=found["conflict"] / found["candidates"],
            right=found["right"] / found["candidates"],
        )
        for (group, cue), found in sorted(counts.items(), key=lambda item: (-item[1]["candidates"], item[0]))
    ]


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


def rows_of(candidates: Sequence[Sequence[Candidate]], gold: Sequence[Gold]) -> tuple[list[Row], list[str]]:
    """All labelled candidates in one list, and for each the id of its thread."""
    rows = [labelled(listed, one) for listed, one in zip(candidates, gold, strict=True)]
    ids = [one.thread.id for listed, one in zip(rows, gold, strict=True) for _ in listed]
    return [row for listed in rows for row in listed], ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """How well a model does on gold threads: its scores beside the baselines', by name, and how sure they are.

    `intervals` are those of the model's scores (see `intervals`); `candidate_recall` caps what it can find.
    """

    threads: int
    comments: int
    candidate_recall: float
    calibration_error: float
    calibration: tuple[Bin, ...]
    stances: dict[str, StanceScores]
    intervals: dict[str, tuple[float, float]]
    replies: dict[str, ReplyScores]


FOLDS = 5
"""Parts into which gold threads are cut where the baselines have no others to learn from."""


def evaluate(
    found: Found,
    candidates: Sequence[Sequence[Candidate]],
    gold: Sequence[Gold],
    *,
    train: tuple[Sequence[Sequence[Candidate]], Sequence[Gold]] | None = None,
) -> Evaluation:
    """The evaluation of the stances found in gold threads, given the candidates of each.

    The baselines that learn do so from `train` (candidates and gold); without it from the other threads in `gold`, in
    five parts, so that no thread is scored by what was learnt from it.
    """
    candidates = [
        [candidate for candidate in listed if one.judges(candidate.comment_id)]
        for listed, one in zip(candidates, gold, strict=True)
    ]
    found = [
        [stance for stance in listed if one.judges(stance.comment_id)] for listed, one in zip(found, gold, strict=True)
    ]
    learnt: dict[str, list[list[Stance]]] = {"majority by activity": [], "unigram SVM": []}
    for part in range(FOLDS) if train is None else [0]:
        here = [at for at in range(len(gold)) if train is not None or at % FOLDS == part]
        others = [at for at in range(len(gold)) if at % FOLDS != part]
        seen, taught = train or ([candidates[at] for at in others], [gold[at] for at in others])
        mine, asked = [candidates[at] for at in here], [gold[at] for at in here]
        learnt["majority by activity"] += majority(mine, taught)
        learnt["unigram SVM"] += unigrams(mine, asked, seen, taught)
    if train is None:
        order = sorted(range(len(gold)), key=lambda at: (at % FOLDS, at))
        learnt = {
            name: [stances for _, stances in sorted(zip(order, rows, strict=True))] for name, rows in learnt.items()
        }
    bins = calibration(found, gold)
    return Evaluation(
        threads=len(gold),
        comments=sum(len(one.thread.comments) for one in gold),
        candidate_recall=candidate_recall(candidates, gold),
        calibration_error=calibration_error(bins),
        calibration=bins,
        stances={
            "classifier": score_stances(found, gold, candidates),
            **{name: score_stances(stances, gold, candidates) for name, stances in learnt.items()},
            "keyword rules": score_stances(keywords(candidates), gold, candidates),
        },
        intervals=intervals(_counts(found, gold, candidates)),
        replies={
            "rules": score_replies(gold),
            "always the post": score_replies(gold, always_post),
            "the comment before": score_replies(gold, previous_comment),
        },
    )
