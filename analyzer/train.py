"""Retraining: the classifiers of a model, fitted anew on what it learnt from and on further gold threads."""

from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.errors import ModelError
from analyzer.evaluate import FOLDS, Evaluation, evaluate, rows_of
from analyzer.gold import Gold
from analyzer.model import Model, Row, fit
from analyzer.stance import Classifiers, Label, Stance


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrained:
    """New classifiers, the rows that they were fitted on, and what changed.

    `before` are the scores of the model on the gold threads, `after` those of classifiers that saw the others of them
    (cross-validation in five parts by thread). `left_out` holds the ids of threads that the encoder was trained on, of
    which nothing can be learnt.
    """

    classifiers: Classifiers
    rows: tuple[list[Row], list[str]]
    before: Evaluation
    after: Evaluation
    left_out: tuple[str, ...]


def retrain(base: Model, rows: tuple[Sequence[Row], Sequence[str]], gold: Sequence[Gold]) -> Retrained:
    """Classifiers fitted on given rows (`model.learnt_from`, or none) and on gold threads.

    Raises `ModelError` where the gold leaves nothing to learn.
    """
    seen = set(base.meta.get("encoder_trained_on", ()))
    left_out = tuple(one.thread.id for one in gold if one.thread.id in seen)
    gold = [one for one in gold if one.thread.id not in seen]
    candidates = base.candidates([one.thread for one in gold])
    known = {one.thread.id for one in gold}
    kept = [(row, thread) for row, thread in zip(*rows, strict=True) if thread not in known]

    def fitted(places: Sequence[int]) -> tuple[Classifiers, tuple[list[Row], list[str]]]:
        new, threads = rows_of([candidates[at] for at in places], [gold[at] for at in places])
        learnt = [row for row, _ in kept] + new, [thread for _, thread in kept] + threads
        labels = {row[1] for row in learnt[0]}
        if len(set(learnt[1])) < 2 or not {Label.NONE.value, Label.FAVOR.value, Label.AGAINST.value} <= labels:
            raise ModelError(
                "the gold threads are too few to learn from",
                hint="two threads with stances for and against are the least; some dozens are better",
            )
        return fit(*learnt), learnt

    after: list[list[Stance]] = [[] for _ in gold]
    for part in range(min(FOLDS, len(gold))):
        inside = [at for at in range(len(gold)) if at % FOLDS == part]
        classifiers, _ = fitted([at for at in range(len(gold)) if at % FOLDS != part])
        for at in inside:
            after[at] = classifiers.stances(candidates[at])
    classifiers, learnt = fitted(range(len(gold)))
    before = [base.classifiers.stances(listed) for listed in candidates]
    return Retrained(
        classifiers=classifiers,
        rows=learnt,
        before=evaluate(before, candidates, gold),
        after=evaluate(after, candidates, gold),
        left_out=left_out,
    )
