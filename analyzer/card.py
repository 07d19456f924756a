"""The model card: what `meta.json` records, as a page for people."""

from typing import Any

from analyzer.evaluate import BOUNDED


def to_markdown(meta: dict[str, Any]) -> str:
    """The card of a model, from its `meta.json`; a part that the training did not measure is left out."""
    sources = [f"- {source['part']}: {source['from']} ({source['licence']})" for source in meta["sources"]]
    lines = [
        f"# {meta['name']} {meta['version']}",
        "",
        f"{meta['description']}. Written by {meta['written_by']} from `meta.json`.",
        "",
        f"Trained on {meta['corpus']}.",
        f"Needs spaCy {meta['spacy']}; made with scikit-learn {meta['scikit-learn']}. Licence {meta['licence']}:",
        "",
        *sources,
        "",
    ]
    if "pipeline" in meta:
        lines += _pipeline(meta["pipeline"])
    for split, scores in meta["scores"].items():
        lines += _split(split, scores)
    if "ablation" in meta:
        lines += _ablation(meta["ablation"])
    if "learning_curve" in meta:
        lines += _learning_curve(meta["learning_curve"])
    lines += [
        "## Limits",
        "",
        *meta["limits"],
        "",
        f"Corpus SHA-256 {meta['corpus_sha256']}, checksum {meta['checksum']}.",
        "",
    ]
    return "\n".join(lines)


def _pipeline(performance: dict[str, Any]) -> list[str]:
    files = {name: row for name, row in performance.items() if isinstance(row, dict)}
    columns = list(next(iter(files.values())))
    return [
        "## The pipeline on the treebanks' test files",
        "",
        "From the text alone, as it is and typed as comments are (*noisy*): F1 of tokens and sentences; accuracy of",
        "part of speech, morphology and lemma; unlabelled and labelled attachment without punctuation. Printed by",
        "`scripts/evaluate_pipeline`; ten sentences of ISDT, one tweet of the others are one text.",
        "",
        f"| | {' | '.join(columns)} |",
        f"| --- |{' --- |' * len(columns)}",
        *(
            f"| {name} | " + " | ".join(f"{row[column]:.3f}" for column in columns) + " |"
            for name, row in files.items()
        ),
        "",
        f"{performance['words_per_second']:,.0f} words per second on one core of the machine that trained it.",
        "",
    ]


def _split(split: str, scores: dict[str, Any]) -> list[str]:
    columns = ("precision", "recall", "f1", "macro_f1", "favor_against_f1", "none_f1", "pair_f1", "label_accuracy")
    best = scores["stances"]["classifier"]
    kinds = ", ".join(f"{kind} {value:.2f}" for kind, value in scores["replies"]["rules"]["recall_by_kind"].items())
    return [
        f"## Scores on {split}: {scores['threads']} threads, {scores['comments']} comments",
        "",
        f"Stances: (comment, activity, stance) triples, micro-averaged over {best['gold']} of gold, F1 also as the",
        "mean of the three labels and of favor and against; *none* is taken on the candidates, *pair* ignores the",
        "label, label accuracy is taken on the pairs found.",
        "",
        "| | precision | recall | F1 | macro F1 | F1 favor, against | F1 none | pair F1 | label accuracy |",
        f"| --- |{' --- |' * len(columns)}",
        *(
            f"| {name} | " + " | ".join(f"{row[column]:.3f}" for column in columns) + " |"
            for name, row in scores["stances"].items()
        ),
        "",
        "The classifier's scores, each with the interval that holds 95 of 100 bootstrap draws over threads; condition,",
        "time and evidence on the triples found:",
        "",
        "| score | value | 95 % |",
        "| --- | --- | --- |",
        *(
            f"| {name.replace('_', ' ')} | {best[name]:.3f} | "
            f"{scores['intervals'][name][0]:.3f} – {scores['intervals'][name][1]:.3f} |"
            for name in BOUNDED
        ),
        "",
        "| label | precision | recall | F1 |",
        "| --- | --- | --- | --- |",
        *(
            f"| {label} | {row['precision']:.3f} | {row['recall']:.3f} | {row['f1']:.3f} |"
            for label, row in best["by_label"].items()
        ),
        "",
        f"Of the gold stances {scores['candidate_recall']:.3f} are candidates at all. Calibration: the stances found",
        f"by their score, expected error {scores['calibration_error']:.3f}.",
        "",
        "| score from | stances | mean score | share right |",
        "| --- | --- | --- | --- |",
        *(
            f"| {row['low']:.1f} | {row['found']} | {row['score']:.2f} | {row['right']:.2f} |"
            for row in scores["calibration"]
        ),
        "",
        "Replies, by rules; nothing is trained.",
        "",
        "| | precision | recall | F1 | agreement, macro F1 |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {name} | {row['precision']:.3f} | {row['recall']:.3f} | {row['f1']:.3f} "
            f"| {row['agreement_macro_f1']:.3f} |"
            for name, row in scores["replies"].items()
        ),
        "",
        f"Recall by kind: {kinds}.",
        "",
    ]


def _ablation(rows: list[dict[str, Any]]) -> list[str]:
    return [
        "## Ablation",
        "",
        "Stances on dev where the classifiers are trained without a group of features, or with another estimator.",
        "",
        "| | F1 | pair F1 | label accuracy |",
        "| --- | --- | --- | --- |",
        *(f"| {row['name']} | {row['f1']:.3f} | {row['pair_f1']:.3f} | {row['label_accuracy']:.3f} |" for row in rows),
        "",
    ]


def _learning_curve(rows: list[dict[str, Any]]) -> list[str]:
    return [
        "## Learning curve",
        "",
        "Stances on dev with classifiers trained on so many threads, the smaller numbers averaged over four random",
        "draws; the encoder is the same.",
        "",
        "| threads | F1 | least – most | pair F1 | label accuracy |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {row['threads']} | {row['f1']:.3f} | {row['least_f1']:.3f} – {row['most_f1']:.3f} "
            f"| {row['pair_f1']:.3f} | {row['label_accuracy']:.3f} |"
            for row in rows
        ),
        "",
    ]
