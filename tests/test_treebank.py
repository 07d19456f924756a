"""Treebanks: what is read from CoNLL-U, how it is spoiled, and how a pipeline is scored on it."""

import random
from pathlib import Path

import pytest

from analyzer.errors import ReadError
from analyzer.model import default_path
from analyzer.nlp import CHAT, load, tokenizing
from analyzer.text import fold
from analyzer.treebank import docs_of_tests, joined, read_treebank, score, scores, spoiled

TREEBANKS = Path(__file__).parent.parent.parent / "shared" / "ud"
SENTENCE = """# text = Però non darti pena della città.
1\tPerò\tperò\tADV\tB\t_\t3\tadvmod\t_\t_
2\tnon\tnon\tADV\tBN\tPronType=Neg\t3\tadvmod\t_\t_
3-4\tdarti\t_\t_\t_\t_\t_\t_\t_\t_
3\tdar\tdare\tVERB\tV\tVerbForm=Inf\t0\troot\t_\t_
4\tti\tti\tPRON\tPC\tClitic=Yes\t3\tiobj\t_\t_
5\tpena\tpena\tNOUN\tS\tGender=Fem\t3\tobj\t_\t_
6-7\tdella\t_\t_\t_\t_\t_\t_\t_\t_
6\tdi\tdi\tADP\tE\t_\t8\tcase\t_\t_
7\tla\til\tDET\tRD\tGender=Fem\t8\tdet\t_\t_
8\tcittà\tcittà\tNOUN\tS\tGender=Fem\t5\tnmod\t_\tSpaceAfter=No
9\t.\t.\tPUNCT\tFS\t_\t3\tpunct\t_\t_

"""


@pytest.fixture
def treebank(tmp_path):
    """A treebank of three times the same sentence."""
    file = tmp_path / "it_own-ud-test.conllu"
    file.write_text(SENTENCE * 3, encoding="utf-8")
    return read_treebank(file)


def test_merged_words_are_one_token_with_all_lemmas(treebank):
    """*darti* and *della* are tokens as the eye sees them."""
    assert treebank[0].text.strip() == "Però non darti pena della città."
    lemmas = {token.text: (token.lemma_, token.pos_) for token in treebank[0]}
    assert lemmas["darti"] == ("dare ti", "VERB")
    assert lemmas["della"] == ("di il", "ADP")


def test_sentences_are_joined_into_texts(treebank):
    """Two to a Doc, the last one alone, each with its own root."""
    assert [len(list(doc.sents)) for doc in joined(treebank, 2)] == [2, 1]


def test_a_spoiled_copy_keeps_what_is_known_of_each_word(treebank):
    """Whatever is done to the letters, every word keeps part of speech, lemma and head; nothing is lost."""
    (doc,) = joined(treebank, 3)
    texts = set()
    for seed in range(60):
        copy = spoiled(doc, random.Random(seed))
        texts.add(copy.text)
        words = [token for token in copy if token.pos_ not in ("SYM", "SPACE")]
        assert [token.lemma_ for token in words] == [token.lemma_ for token in doc]
        assert [token.pos_ for token in words] == [token.pos_ for token in doc]
        assert [token.head.lemma_ for token in words] == [token.head.lemma_ for token in doc]
        assert len(list(copy.sents)) == 3
        norms = [fold(token.text) for token in words if token.text.strip(".…")]
        assert [CHAT.get(norm, norm) for norm in norms] == [fold(token.text) for token in doc if token.text != "."]
    assert len(texts) > 30
    assert any("citta'" in text for text in texts)
    assert any("PERÒ" in text for text in texts)
    assert any("\n" in text for text in texts)


def test_scores_are_taken_from_the_text_alone(treebank):
    """A pipeline that only tokenizes gets its tokens right and nothing else."""
    found = score(tokenizing(), treebank)
    assert found["tokens"] == 1.0
    assert found["pos"] == found["las"] == found["lemma"] == 0.0


def test_lemmas_are_scored_with_and_without_case(treebank):
    """A lemma that differs by a capital alone is wrong in the one figure and right in the other."""
    nlp = tokenizing()
    nlp.add_pipe("comment_lemmas").fill({" però": "PERÒ", " non": "non"})
    found = score(nlp, treebank)
    assert found["lemma any case"] > found["lemma"] > 0


def test_a_folder_without_the_test_files_is_refused(tmp_path):
    """The error names the file that is missing."""
    with pytest.raises(ReadError, match="it_isdt-ud-test"):
        scores(tokenizing(), tmp_path)
    with pytest.raises(ReadError, match="No such file"):
        read_treebank(tmp_path / "none.conllu")


@pytest.mark.skipif(not TREEBANKS.exists(), reason="the treebanks are not here")
def test_the_recorded_scores_are_those_of_the_model_that_ships(model):
    """Scored again on the smallest test file, the pipeline gets what its meta.json says."""
    name = "it_twittiro-ud-test"
    found = score(load(default_path() / "nlp"), docs_of_tests(TREEBANKS)[name])
    assert found == pytest.approx(model.meta["pipeline"][name], abs=0.002)
