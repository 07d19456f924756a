"""Linear classifiers: the numbers of scikit-learn's estimators say what the estimators say, and survive JSON."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline

from analyzer.linear import Linear

DRAW = np.random.default_rng(13)
ROWS = [{"bias": 1.0, "a": DRAW.normal(), f"word {DRAW.integers(9)}": 1.0} for _ in range(90)]
THREE = ["no" if row["a"] < -0.4 else "yes" if row["a"] > 0.4 else "both" for row in ROWS]
UNSEEN = [{}, {"bias": 1.0, "a": 0.3, "word 77": 5.0}, {"a": -900.0}, {"a": 900.0}]


def regression():
    """What `model.recipe` fits, without its settings."""
    return make_pipeline(DictVectorizer(), LogisticRegression())


def calibrated():
    """The same with a temperature fitted across groups."""
    groups = [at % 5 for at in range(len(ROWS))]
    splits = list(GroupKFold(n_splits=5).split(groups, groups=groups))
    return CalibratedClassifierCV(regression(), method="temperature", cv=splits, ensemble=False)


@pytest.mark.parametrize("estimator", [regression(), calibrated()], ids=["plain", "with a temperature"])
@pytest.mark.parametrize("labels", [THREE, [str(label == "yes") for label in THREE]], ids=["three", "two"])
def test_the_numbers_say_what_the_estimator_says(estimator, labels):
    """Probabilities are those of scikit-learn, for known and unknown features and for very large values."""
    fitted = estimator.fit(ROWS, labels)
    found = Linear.of(fitted)
    assert list(found.classes_) == list(fitted.classes_)
    assert found.predict_proba(ROWS + UNSEEN) == pytest.approx(fitted.predict_proba(ROWS + UNSEEN), abs=1e-4)


def test_json_gives_the_same_classifier():
    """What is written is what was there."""
    found = Linear.of(regression().fit(ROWS, THREE))
    assert Linear.from_json(json.loads(json.dumps(found.to_json()))) == found


@given(st.lists(st.dictionaries(st.sampled_from(["a", "bias", "?"]), st.floats(-1e6, 1e6)), max_size=4))
def test_probabilities_add_up(listed):
    """A row for each text, also for none, and each row a distribution."""
    found = Linear(classes_=("x", "y"), intercept_=(0.0, 1.0), coef_={"a": (1.0, -2.0), "bias": (0.5, 0.0)})
    shares = found.predict_proba(listed)
    assert shares.shape == (len(listed), 2)
    assert shares.sum(axis=1) == pytest.approx(np.ones(len(listed)))


@pytest.mark.parametrize(
    "stored",
    [
        {},
        {"classes": ["a"], "intercept": [0.0, 1.0], "coef": {}},
        {"classes": ["a", "b"], "intercept": [0.0, 1.0], "coef": {"x": [1.0]}},
        {"classes": ["a"], "intercept": ["much"], "coef": {}},
    ],
)
def test_what_is_no_classifier_is_refused(stored):
    """A file of another kind is an error, not a classifier that says nothing."""
    with pytest.raises((KeyError, TypeError, ValueError)):
        Linear.from_json(stored)
