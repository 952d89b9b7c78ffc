"""The two towers against torch's own layers, the loss against cross-entropy and CLIP's formula, retrieval against loops."""

import doctest
import math
import random

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import reference.contrastive
import reference.retrieval
import reference.towers
from reference.contrastive import contrastive_loss, positive_targets, sigmoid_loss, train_pair
from reference.retrieval import recall_at_k, zero_shot
from reference.towers import ImageTower, TextTower, encode_phrases, similarity

F = torch.nn.functional
labels_lists = st.lists(st.integers(0, 4), min_size=1, max_size=9)


@pytest.mark.parametrize("module", [reference.towers, reference.contrastive, reference.retrieval])
def test_examples(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted > 0
    assert result.failed == 0


@given(st.lists(st.text("abcXY", max_size=8), min_size=1, max_size=5), st.integers(1, 9))
def test_phrases_are_their_known_characters(phrases: list[str], length: int) -> None:
    stoi = {"a": 1, "b": 2, "c": 3}
    ids = encode_phrases(phrases, stoi, length)
    assert ids.shape == (len(phrases), length)
    for row, phrase in zip(ids.tolist(), phrases, strict=True):
        known = "".join(c for c in phrase if c in stoi)[:length]
        assert "".join(".abc"[i] for i in row) == known.ljust(length, ".")


def test_text_tower_is_a_bag_of_embeddings() -> None:
    """torch's EmbeddingBag leaves out its padding_idx."""
    tower, ids = TextTower(9, d=5, e=4, h=6), torch.tensor([[3, 1, 4, 0], [8, 0, 0, 0], [2, 2, 7, 5], [0, 0, 0, 0]])
    bag = torch.nn.EmbeddingBag(9, 4, mode="mean", padding_idx=0)
    bag.load_state_dict(tower.C.state_dict())
    layers = torch.nn.Sequential(bag, tower.hidden, torch.nn.Tanh(), tower.out)
    torch.testing.assert_close(tower(ids), F.normalize(layers(ids), dim=1))
    torch.testing.assert_close(tower(ids)[:, 0], tower(F.pad(ids, (0, 3)))[:, 0])


def test_image_tower_is_two_layers_and_a_division() -> None:
    tower, x = ImageTower(7, d=3, h=5), torch.rand(4, 7)
    y = torch.nn.Sequential(tower.hidden, torch.nn.Tanh(), tower.out)(x)
    torch.testing.assert_close(tower(x), y / torch.sqrt((y * y).sum(dim=1, keepdim=True)))


def test_similarity_is_torchs_cosine() -> None:
    images, texts = 5 * torch.randn(4, 6, dtype=torch.float64), torch.randn(3, 6, dtype=torch.float64)
    right = F.cosine_similarity(images[:, None], texts[None], dim=-1) / 0.3
    torch.testing.assert_close(similarity(images, texts, 0.3), right)


@given(labels_lists)
def test_targets_against_counting(labels: list[int]) -> None:
    T = positive_targets(torch.tensor(labels))
    for i, a in enumerate(labels):
        for j, b in enumerate(labels):
            assert T[i, j].item() == pytest.approx((a == b) / labels.count(a))
    torch.testing.assert_close(T, T.T)


@given(labels_lists, st.integers(0, 1000))
def test_loss_is_torchs_cross_entropy_both_ways(labels: list[int], seed: int) -> None:
    B = len(labels)
    z = 3 * torch.randn(B, B, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    T = positive_targets(torch.tensor(labels)).double()
    right = (F.cross_entropy(z, T) + F.cross_entropy(z.T, T)) / 2
    torch.testing.assert_close(contrastive_loss(z, T), right)
    entropy = sum(math.log(labels.count(a)) for a in labels) / B
    assert contrastive_loss(z, T).item() >= entropy - 1e-9


def test_loss_without_duplicates_is_clips() -> None:
    z = torch.randn(6, 6, dtype=torch.float64, requires_grad=True)
    y = torch.arange(6)
    torch.testing.assert_close(contrastive_loss(z, torch.eye(6)), (F.cross_entropy(z, y) + F.cross_entropy(z.T, y)) / 2)
    assert torch.autograd.gradcheck(contrastive_loss, (z, positive_targets(torch.tensor([1, 1, 2, 3, 3, 3])).double()))
    assert math.isfinite(contrastive_loss(5000 * torch.randn(4, 4), torch.eye(4)))


@given(labels_lists, st.integers(0, 1000))
def test_with_one_phrase_a_class_the_identity_is_the_same_loss(labels: list[int], seed: int) -> None:
    """What the text says of duplicates: equal columns of z make the two losses equal."""
    generator, y = torch.Generator().manual_seed(seed), torch.tensor(labels)
    images, words = torch.randn(2, 9, 4, dtype=torch.float64, generator=generator)
    z = similarity(images[: len(y)], words[y], 0.2)
    torch.testing.assert_close(contrastive_loss(z, positive_targets(y)), contrastive_loss(z, torch.eye(len(y))))


def test_sigmoid_loss_is_binary_cross_entropy() -> None:
    images, texts, y = torch.randn(5, 3), torch.randn(5, 3), torch.tensor([0, 1, 0, 2, 1])
    same = (y[:, None] == y[None, :]).float()
    torch.testing.assert_close(
        sigmoid_loss(images, texts, y), F.binary_cross_entropy_with_logits(images @ texts.T, same)
    )


def test_training_is_gradient_descent_on_the_pairs_it_may_see() -> None:
    """Images are unit vectors: column i of the first tower moves only if pair i was in a batch."""
    image_tower, text_tower = torch.nn.Linear(8, 3, bias=False), torch.nn.EmbeddingBag(6, 3)
    before = [image_tower.weight.detach().clone(), text_tower.weight.detach().clone()]
    images, ids, labels = torch.eye(8), torch.randint(1, 6, (8, 3)), torch.randint(3, (8,))
    train = torch.tensor([6, 1, 4, 3])
    W, C = (w.clone().requires_grad_() for w in before)
    value = sigmoid_loss(images[train] @ W.T, C[ids[train]].mean(dim=1), labels[train])
    gradients = torch.autograd.grad(value, [W, C])
    losses = train_pair(image_tower, text_tower, images, ids, labels, train, 1, sigmoid_loss, batch_size=4, lr=0.7)
    assert losses == pytest.approx([value.item()])
    for w, start, gradient in zip((image_tower.weight, text_tower.weight), before, gradients, strict=True):
        torch.testing.assert_close(w.detach(), start - 0.7 * gradient)
    train_pair(image_tower, text_tower, images, ids, labels, train, 30, sigmoid_loss, batch_size=2)
    moved = ((image_tower.weight - before[0]).abs() > 0).any(dim=0)
    assert moved.nonzero().squeeze(1).tolist() == [1, 3, 4, 6]


def test_recall_against_a_loop() -> None:
    rng = random.Random(4)
    for _ in range(30):
        N, M, k = rng.randint(1, 8), rng.randint(1, 8), rng.randint(1, 9)
        scores = torch.rand(N, M)
        queries, items = [rng.randrange(4) for _ in range(N)], [rng.randrange(4) for _ in range(M)]
        rows = rng.sample(range(N), rng.randint(1, N))
        hits = 0
        for i in rows:
            best = sorted(range(M), key=lambda j, i=i: -scores[i, j].item())[:k]  # type: ignore[misc]
            hits += any(items[j] == queries[i] for j in best)
        found = recall_at_k(scores, torch.tensor(queries), torch.tensor(items), k, torch.tensor(rows))
        assert found == pytest.approx(hits / len(rows))


def test_zero_shot_against_torchs_cosine() -> None:
    phrases, images = F.normalize(torch.randn(6, 4, 5), dim=-1), F.normalize(torch.randn(9, 5), dim=-1)
    right = F.cosine_similarity(images[:, None], phrases.sum(dim=1)[None], dim=-1).argmax(dim=1)
    assert zero_shot(images, phrases).tolist() == right.tolist()
