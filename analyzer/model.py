"""The model: a folder with `nlp/`, the classifiers and `meta.json`; trained, saved, found and loaded."""

import hashlib
import json
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analyzer import activities as activities_
from analyzer.activities import Activity, ActivityIndex, load_cues
from analyzer.errors import ModelError
from analyzer.gold import Gold
from analyzer.stance import NONE_WEIGHT, Candidate, Classifier, Classifiers, Extractor, Label, of_condition
from analyzer.thread import Thread

if TYPE_CHECKING:
    from spacy.language import Language

PROTOCOL = 1
"""Version of the folder's layout; a model of another protocol is refused."""

NAMES = ("stance", "conditional", "timeframe")
_TRUSTED = ["sklearn.calibration._CalibratedClassifier", "sklearn.calibration._TemperatureScaling"]
SEED = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """All that analysing needs: the pipeline, the taxonomy, the classifiers, and where they come from (`meta`)."""

    nlp: "Language"
    activities: tuple[Activity, ...]
    extractor: Extractor
    classifiers: Classifiers
    meta: Mapping[str, Any]

    @property
    def label(self) -> str:
        """Name and version, for tracing any output to the model that made it."""
        return f"{self.meta['name']}-{self.meta['version']}"

    def candidates(self, threads: Iterable[Thread]) -> list[list[Candidate]]:
        """For each thread the candidates of its post and comments, in order."""
        listed = [thread.everything for thread in threads]
        found = iter(self.extractor.candidates([comment for everything in listed for comment in everything]))
        return [[one for _ in everything for one in next(found)] for everything in listed]


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
    from skops.io import load

    from analyzer import nlp as nlp_

    folder = Path(path) if path else default_path()
    meta = _checked_meta(folder)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # spaCy's note on minor versions; the range was checked above
        nlp = nlp_.load(folder / "nlp")
        parts: dict[str, Classifier] = {name: load(folder / f"{name}.skops", trusted=_TRUSTED) for name in NAMES}
    taxonomy = activities_.load(activities or folder / "activities.toml")
    return Model(
        nlp=nlp,
        activities=taxonomy,
        extractor=Extractor(nlp, ActivityIndex(nlp, taxonomy), load_cues()),
        classifiers=Classifiers(**parts),
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


def save(folder: Path, *, nlp: "Language", taxonomy: str, classifiers: Classifiers, meta: Mapping[str, Any]) -> None:
    """Writes a model folder; `taxonomy` is the TOML text that the model was trained with."""
    from zipfile import ZIP_DEFLATED

    from skops.io import dump

    folder.mkdir(parents=True, exist_ok=True)
    nlp.to_disk(folder / "nlp")
    (folder / "activities.toml").write_text(taxonomy, encoding="utf-8")
    for name in NAMES:
        dump(getattr(classifiers, name), folder / f"{name}.skops", compression=ZIP_DEFLATED, compresslevel=9)
    whole = {**meta, "protocol": PROTOCOL, "checksum": checksum(folder)}
    (folder / "meta.json").write_text(json.dumps(whole, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


Row = tuple[Candidate, str, str, str]
"""A candidate with its stance (or none), whether it is conditional (True, False), and its timeframe (or null)."""


def labelled(candidates: Sequence[Candidate], gold: Gold) -> list[Row]:
    """Each candidate of a thread with what the gold says of it."""
    known = {(stance.comment_id, stance.activity): stance for stance in gold.stances}
    rows = []
    for candidate in candidates:
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


def recipe(name: str, groups: Sequence[int]) -> Any:
    """The unfitted estimator of a classifier: logistic regression over normalised feature dicts.

    Of the stance's labels `none`, which most candidates have, weighs less (`NONE_WEIGHT`). A temperature fitted across
    threads (`groups`) makes its probabilities mean what they say (Guo et al., ICML 2017).
    """
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import Normalizer

    # CalibratedClassifierCV hands its estimator the labels' places in their sorted list.
    weights = {place: NONE_WEIGHT if label == Label.NONE else 1.0 for place, label in enumerate(sorted(Label))}
    regression = LogisticRegression(
        C=3.0, max_iter=3000, class_weight=weights if name == "stance" else "balanced", random_state=SEED
    )
    estimator = make_pipeline(DictVectorizer(), Normalizer(), regression)
    if name != "stance":
        return estimator
    splits = list(GroupKFold(n_splits=min(5, len(set(groups)))).split(groups, groups=groups))
    return CalibratedClassifierCV(estimator, method="temperature", cv=splits, ensemble=False)


def fit(rows: Sequence[Row], groups: Sequence[int]) -> Classifiers:
    """Classifiers fitted on labelled candidates: the stance on all, condition and time on those that hold a stance.

    `groups` tells for each row which thread it comes from.
    """
    parts = {}
    for place, name in enumerate(NAMES, 1):
        subset = [at for at, row in enumerate(rows) if name == "stance" or row[1] != Label.NONE]
        estimator = recipe(name, [groups[at] for at in subset])
        features = [rows[at][0].features for at in subset]
        if name == "conditional":
            features = [of_condition(found) for found in features]
        parts[name] = estimator.fit(features, [rows[at][place] for at in subset])
    return Classifiers(**parts)
