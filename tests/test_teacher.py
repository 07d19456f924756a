"""The teacher's trees; skipped where the extra `train` is not installed."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")
sys.path.insert(0, str(Path(__file__).parent.parent / "scripts"))

import numpy as np
import torch
from teacher import FORBIDDEN, is_tree, tree, written

from analyzer.nlp import tokenizing


@pytest.mark.parametrize(
    ("heads", "right"),
    [([0, 1], True), ([2, 0, 2], True), ([2, 1], False), ([0, 0], False), ([0, 3, 2], False)],
)
def test_a_tree_has_one_root_and_no_circle(heads, right):
    """Heads are places of tokens from 1; 0 is the root."""
    assert is_tree(heads) is right


def test_the_best_tree_is_found_where_the_best_heads_make_none():
    """Two tokens that would hang from each other: the one that loses least becomes the root."""
    scores = np.array([[-1.0, FORBIDDEN, -0.1], [-5.0, -0.1, FORBIDDEN]])
    assert tree(scores) == [0, 1]


@pytest.mark.parametrize("seed", range(20))
def test_every_sentence_gets_a_tree(seed):
    """Whatever the scores are."""
    scores = np.random.default_rng(seed).normal(size=(7, 8))
    scores[np.arange(7), np.arange(1, 8)] = FORBIDDEN
    assert is_tree(tree(scores))


def test_what_the_teacher_says_is_written_whole():
    """All features of a token, its head and relation; white space is white space whatever the tag."""
    teacher = SimpleNamespace(
        tags=["NOUN|Gender=Fem|Number=Plur", "VERB|Mood=Ind|Person=3"], relations=["nsubj", "root"]
    )
    doc = written(
        teacher,
        tokenizing()("Agenzie\nscrivono"),
        torch.tensor([0, 0, 1]),
        torch.tensor([3, 3, 0]),
        torch.tensor([0, 0, 1]),
    )
    assert [str(token.morph) for token in doc] == ["Gender=Fem|Number=Plur", "", "Mood=Ind|Person=3"]
    assert [(token.pos_, token.dep_, token.head.text) for token in doc] == [
        ("NOUN", "nsubj", "scrivono"),
        ("SPACE", "nsubj", "scrivono"),
        ("VERB", "ROOT", "scrivono"),
    ]
