"""The model: a folder with `nlp/`, the classifiers and `meta.json`; trained, saved, found and loaded."""

import gzip
import hashlib
import json
import shutil
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer import activities as activities_
from analyzer import replies as replies_
from analyzer.activities import Activity, ActivityIndex, load_cues
from analyzer.encoder import FILE as ENCODER_FILE
from analyzer.encoder import Encoder
from analyzer.errors import ModelError
from analyzer.gold import Gold
from analyzer.linear import Linear
from analyzer.replies import Reply
from analyzer.stance import NONE_WEIGHT, Candidate, Classifier, Classifiers, Extractor, Label, seen_by
from analyzer.thread import Thread

if TYPE_CHECKING:
    from spacy.language import Language

PROTOCOL = 3
"""Version of the folder's layout; a model of another protocol is refused."""

NAMES = ("stance", "conditional", "timeframe")
GATE = "gate.json.gz"
_CLASSIFIERS = "classifiers.json"
_ROWS = "rows.jsonl.gz"
SEED = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """All that analysing needs: light pipeline, taxonomy, classifiers, and where they come from (`meta`)."""

    nlp: "Language"
    activities: tuple[Activity, ...]
    extractor: Extractor
    classifiers: Classifiers
    meta: Mapping[str, Any]

    @property
    def label(self) -> str:
        """Name and version, for tracing any output to the model that made it."""
        return f"{self.meta['name']}-{self.meta['version']}"

    def candidates(self, threads: Sequence[Thread]) -> list[list[Candidate]]:
        """For each thread the candidates of its post and comments, in order."""
        return self.extractor.candidates(threads, [links(thread) for thread in threads])


def answered(replies: Iterable[Reply]) -> dict[str, list[str]]:
    """For each comment the ids of what it answers."""
    found: dict[str, list[str]] = {}
    for reply in replies:
        found.setdefault(reply.comment_id, []).append(reply.to_id)
    return found


def links(thread: Thread) -> dict[str, list[str]]:
    """For each comment of a thread the ids of what it answers, as `replies.find` has it."""
    return answered(replies_.find(thread)[0])


def default_path() -> Path:
    """The newest model folder that comes with the program. `ModelError` where there is none."""
    package = Path(__file__).parent
    for folder in (package / "_models", package.parent / "models"):
        if found := list(folder.glob("*/meta.json")):
            return max((file.parent for file in found), key=_version)
    raise ModelError(
        "no model comes with this installation", hint="install the program again, or give one with --model"
    )


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in folder.name.rpartition("-")[2].split(".") if part.isdigit())


def load_model(path: str | Path | None = None, *, activities: str | Path | None = None) -> Model:
    """The model in a folder, by default the one that comes with the program; `activities` replaces its taxonomy.

    Raises `ModelError` where the folder is missing, damaged or made for other versions.
    """
    from analyzer import nlp as nlp_

    folder = Path(path) if path else default_path()
    meta = _checked_meta(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # spaCy's note on minor versions; the range was checked above
        nlp = nlp_.load(folder / "nlp", whole=False)
    taxonomy = activities_.load(activities or folder / "activities.toml")
    stored = json.loads((folder / _CLASSIFIERS).read_text(encoding="utf-8"))
    return Model(
        nlp=nlp,
        activities=taxonomy,
        extractor=Extractor(nlp, ActivityIndex(nlp, taxonomy), load_cues(), Encoder.load(folder), load_gate(folder)),
        classifiers=Classifiers(**{name: Linear.from_json(stored[name]) for name in NAMES}),
        meta=meta,
    )


def _checked_meta(folder: Path) -> dict[str, Any]:
    from spacy.about import __version__ as spacy_version
    from spacy.util import is_compatible_version

    try:
        meta: dict[str, Any] = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise ModelError(f"{folder}: no model folder", hint="give a folder that holds meta.json") from error
    except ValueError as error:
        raise ModelError(f"{folder}/meta.json: not JSON: {error}", hint="install or train the model again") from error
    if not isinstance(meta, dict) or not {"name", "version", "protocol", "spacy", "checksum"} <= set(meta):
        raise ModelError(f"{folder}/meta.json: not a model's description", hint="install or train the model again")
    if meta.get("protocol") != PROTOCOL:
        raise ModelError(
            f"{folder}: made for protocol {meta.get('protocol')}, this program reads {PROTOCOL}",
            hint="train it again with this version of the program",
        )
    if not is_compatible_version(spacy_version, meta["spacy"]):
        raise ModelError(
            f"{folder}: needs spaCy {meta['spacy']}, installed is {spacy_version}", hint="install that version"
        )
    if (found := checksum(folder)) != meta["checksum"]:
        raise ModelError(
            f"{folder}: its files are not those it was saved with (checksum {found[:12]}…)",
            hint="install or train the model again",
        )
    return meta


def checksum(folder: Path) -> str:
    """SHA-256 over the names and contents of a model's files, `meta.json` and the card apart."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if file.is_file() and not file.name.startswith(".") and name not in ("meta.json", "README.md", "LICENSE"):
            digest.update(f"{name}\0{file.stat().st_size}\0".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()


def save(
    folder: Path,
    *,
    nlp: Path,
    encoder: Path,
    taxonomy: str,
    classifiers: Classifiers,
    rows: tuple[Sequence["Row"], Sequence[str]],
    meta: Mapping[str, Any],
) -> None:
    """Writes a model folder: `nlp` is the pipeline's folder, `encoder` one with encoder and gate, `taxonomy` TOML text.

    `rows` are what the classifiers were fitted on, and of which thread each is, so that more can be added later.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(nlp, folder / "nlp", dirs_exist_ok=True)
    for file in (ENCODER_FILE, GATE):
        shutil.copyfile(encoder / file, folder / file)
    (folder / "activities.toml").write_text(taxonomy, encoding="utf-8")
    stored = {name: getattr(classifiers, name).to_json() for name in NAMES}
    (folder / _CLASSIFIERS).write_text(json.dumps(stored, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    lines = (
        json.dumps([thread, candidate.features, *said], ensure_ascii=False) + "\n"
        for (candidate, *said), thread in zip(*rows, strict=True)
    )
    (folder / _ROWS).write_bytes(gzip.compress("".join(lines).encode("utf-8"), mtime=0))
    whole = {**meta, "protocol": PROTOCOL, "checksum": checksum(folder)}
    (folder / "meta.json").write_text(json.dumps(whole, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def load_gate(folder: Path) -> Linear:
    """The gate in a folder, with the classes open and shut; see `stance.words_of` for its features."""
    return Linear.from_json(json.loads(gzip.decompress((folder / GATE).read_bytes())))


def save_gate(folder: Path, gate: Linear) -> None:
    """Writes a gate as `load_gate` reads it."""
    text = json.dumps(gate.to_json(), ensure_ascii=False)
    (folder / GATE).write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))


def for_classifiers(thread_id: str) -> bool:
    """Whether a training thread is one of the quarter that the encoder does not see, so that it is honest there."""
    return hashlib.sha256(thread_id.encode()).digest()[0] % 4 == 0


Row = tuple[Candidate, str, str, str]
"""A candidate with its stance (or none), whether it is conditional (True, False), and its timeframe (or null)."""


def labelled(candidates: Sequence[Candidate], gold: Gold) -> list[Row]:
    """Each candidate that was read with what the gold says of it, but for comments that the gold does not judge."""
    known = {(stance.comment_id, stance.activity): stance for stance in gold.stances}
    rows = []
    for candidate in candidates:
        if not candidate.features or not gold.judges(candidate.comment_id):
            continue
        stance = known.get((candidate.comment_id, candidate.activity))
        rows.append(
            (
                candidate,
                stance.stance.value if stance else Label.NONE.value,
                str(stance.conditional) if stance else "False",
                (stance.timeframe.value if stance.timeframe else "null") if stance else "null",
            )
        )
    return rows


def learnt_from(folder: Path) -> tuple[list[Row], list[str]]:
    """What a model's classifiers were fitted on: the labelled candidates and the thread of each."""
    rows: list[Row] = []
    threads: list[str] = []
    with gzip.open(folder / _ROWS, "rt", encoding="utf-8") as file:
        for line in file:
            thread, features, stance, conditional, timeframe = json.loads(line)
            rows.append(
                (Candidate(comment_id="", activity="", features=features, span=(0, 0)), stance, conditional, timeframe)
            )
            threads.append(thread)
    return rows, threads


def recipe(name: str, groups: Sequence[str]) -> Any:
    """The unfitted estimator of a classifier: logistic regression over feature dicts.

    Of the stance's labels `none`, which most candidates have, weighs less (`NONE_WEIGHT`). A temperature fitted across
    threads (`groups`) makes its probabilities mean what they say (Guo et al., ICML 2017).
    """
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline

    # CalibratedClassifierCV hands its estimator the labels' places in their sorted list.
    weights = {place: NONE_WEIGHT if label == Label.NONE else 1.0 for place, label in enumerate(sorted(Label))}
    if name != "stance":
        return make_pipeline(DictVectorizer(), LogisticRegression(max_iter=3000))
    estimator = make_pipeline(DictVectorizer(), LogisticRegression(C=0.1, max_iter=3000, class_weight=weights))
    splits = list(GroupKFold(n_splits=min(5, len(set(groups)))).split(groups, groups=groups))
    return CalibratedClassifierCV(estimator, method="temperature", cv=splits, ensemble=False)


def fit(rows: Sequence[Row], groups: Sequence[str], *, stance: Any = None) -> Classifiers:
    """Classifiers fitted on labelled candidates: the stance on all, condition and time on those that hold a stance.

    `groups` tells for each row which thread it comes from; `stance` is an estimator to use in place of the recipe's.
    """
    parts: dict[str, Classifier] = {}
    for place, name in enumerate(NAMES, 1):
        subset = [at for at, row in enumerate(rows) if name == "stance" or row[1] != Label.NONE]
        estimator = stance if stance is not None and name == "stance" else recipe(name, [groups[at] for at in subset])
        features = [seen_by(name, rows[at][0].features) for at in subset]
        fitted = estimator.fit(features, [rows[at][place] for at in subset])
        parts[name] = fitted if estimator is stance else Linear.of(fitted)
    return Classifiers(**parts)
