"""What the files of this folder share: each holds one phenomenon, as pairs of texts that differ in it alone.

After CheckList (Ribeiro et al., ACL 2020): a *flip* must change the label, an *invariance* must not. A model fails some;
each test has the share that must hold, which only rises.
"""

import pytest
from conftest import thread_of

from analyzer.stance import Label


@pytest.fixture(scope="session")
def label_of(model):
    """The label that the built-in model gives a comment's stance on an activity, `none` where it finds none."""

    def label(text, activity, **thread):
        given = thread_of(("Ada", text), **thread)
        (candidates,) = model.candidates([given])
        mine = [one for one in candidates if one.comment_id == "c1" and one.activity == activity]
        found = model.classifiers.stances(mine)
        return found[0].stance if found else Label.NONE

    return label


def share(results):
    """The share of true values, and how many there are of each."""
    results = list(results)
    return sum(results) / len(results)
