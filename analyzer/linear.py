"""Linear classifiers as plain numbers: what a fitted logistic regression of scikit-learn comes to, kept as JSON.

Such a file can be read by people, runs no code when it is loaded, and needs scikit-learn, whose import takes a second
or two, for training only.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, np.dtype[Any]]

_DIGITS = 6
"""Decimal places of a stored number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Linear:
    """A linear classifier over feature dicts; the names are scikit-learn's, but `coef_` goes by the feature's name.

    A label's score is its intercept and the sum of coefficient times value; probabilities are the softmax of the
    scores. A feature that was not seen in training weighs nothing.

    >>> said = Linear(classes_=("no", "yes"), intercept_=(0.0, -1.0), coef_={"purché": (0.0, 2.0)})
    >>> said.predict_proba([{}, {"purché": 1.0, "mai visto": 1.0}]).round(2).tolist()
    [[0.73, 0.27], [0.27, 0.73]]
    """

    classes_: tuple[str, ...]
    intercept_: tuple[float, ...]
    coef_: Mapping[str, tuple[float, ...]]

    @classmethod
    def of(cls, estimator: Any) -> "Linear":
        """The numbers of a fitted DictVectorizer with LogisticRegression, also of one whose temperature was fitted.

        Of two labels, for which scikit-learn has one row of coefficients, the first has none, or with a
        temperature the opposite ones.
        """
        classes = tuple(map(str, estimator.classes_))
        beta, first = 1.0, 0.0
        if hasattr(estimator, "calibrated_classifiers_"):
            (calibrated,) = estimator.calibrated_classifiers_
            (temperature,) = calibrated.calibrators
            beta, first, estimator = float(temperature.beta_), -1.0, calibrated.estimator
        vectorizer, regression = (step for _, step in estimator.steps)
        rows = [
            [*row, intercept]
            for row, intercept in zip(beta * regression.coef_, beta * regression.intercept_, strict=True)
        ]
        if len(rows) == 1:
            rows = [[first * value for value in rows[0]], *rows]
        names = map(str, vectorizer.get_feature_names_out())
        *columns, intercept = (
            tuple(round(float(value), _DIGITS) for value in column) for column in zip(*rows, strict=True)
        )
        return cls(
            classes_=classes,
            intercept_=intercept,
            coef_={name: column for name, column in zip(names, columns, strict=True) if any(column)},
        )

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Linear":
        """What `to_json` gave. `KeyError`, `TypeError` or `ValueError` where it is not that."""
        classes = tuple(map(str, stored["classes"]))
        coefficients = {name: tuple(row) for name, row in stored["coef"].items()}
        intercepts = tuple(map(float, stored["intercept"]))
        if {len(intercepts), *map(len, coefficients.values())} != {len(classes)}:
            raise ValueError("each feature needs as many coefficients as there are classes")
        return cls(classes_=classes, intercept_=intercepts, coef_=coefficients)

    def to_json(self) -> dict[str, Any]:
        """Three keys: `classes`, `intercept`, and `coef` with a list for each feature."""
        return {"classes": self.classes_, "intercept": self.intercept_, "coef": self.coef_}

    def scores(self, features: Mapping[str, float]) -> list[float]:
        """The score of each label, any real number."""
        found = list(self.intercept_)
        for name, value in features.items():
            for place, coefficient in enumerate(self.coef_.get(name, ())):
                found[place] += coefficient * value
        return found

    def predict_proba(self, listed: Iterable[Mapping[str, float]]) -> "Array":
        """Probabilities, a row for each feature dict and a column for each label; rows add up to 1."""
        import numpy as np

        rows = []
        for features in listed:
            scores = self.scores(features)
            best = max(scores)
            shares = [math.exp(score - best) for score in scores]
            rows.append([share / sum(shares) for share in shares])
        return np.array(rows).reshape(-1, len(self.classes_))
