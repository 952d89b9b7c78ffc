"""One-hot labels, neuron, softmax, cross-entropy and its gradient against closed formulas, finite differences and torch."""

import doctest
import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

import reference.neuron
from reference.neuron import cross_entropy, grad_logits, neuron, one_hot, softmax

sizes = st.integers(1, 6)
seeds = st.integers(0, 2**32)


def normal(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def labels(seed: int, high: int, *shape: int) -> torch.Tensor:
    return torch.randint(high, shape, generator=torch.Generator().manual_seed(seed))


def test_examples() -> None:
    result = doctest.testmod(reference.neuron)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("shape", [(), (5,), (2, 3), (2, 1, 4), (0,)])
def test_one_hot_equals_torch(shape: tuple[int, ...]) -> None:
    ids = labels(1, 7, *shape)
    codes = one_hot(ids, 9)
    assert codes.shape == (*shape, 9)
    assert codes.dtype == torch.float32
    assert torch.equal(codes, F.one_hot(ids, 9).float())


@given(seeds, sizes, sizes)
def test_neuron_equals_a_sum(seed: int, B: int, D: int) -> None:
    x, w, b = normal(seed, B, D), normal(seed + 1, D), 0.75
    expected = [math.fsum(x[n, d].item() * w[d].item() for d in range(D)) + b for n in range(B)]
    scores = neuron(x, w, b)
    assert scores.shape == (B,)
    assert scores.tolist() == pytest.approx(expected, abs=1e-12)
    assert neuron(x, w, torch.tensor(b)).tolist() == pytest.approx(expected, abs=1e-12)


@given(seeds, sizes, sizes)
def test_softmax_equals_the_formula(seed: int, B: int, V: int) -> None:
    z = normal(seed, B, V)
    p = softmax(z)
    for n in range(B):
        total = math.fsum(math.exp(score) for score in z[n].tolist())
        assert p[n].tolist() == pytest.approx([math.exp(score) / total for score in z[n].tolist()], rel=1e-12)


@pytest.mark.parametrize("dim", [0, 1, 2, -1, -2])
def test_softmax_along_each_dimension(dim: int) -> None:
    z = normal(2, 2, 3, 4)
    torch.testing.assert_close(softmax(z, dim), torch.softmax(z, dim))


def test_softmax_of_huge_scores() -> None:
    z = torch.tensor(
        [[1e4, 1e4 - 1, 0.0], [-1e4, -1e4 - 1, -3e4], [0.0, 1.0, 2.0]]
    )  # each row has a maximum of its own
    near = [1 / (1 + math.exp(-1)), 1 / (1 + math.e), 0.0]
    p = softmax(z)
    assert p[0].tolist() == pytest.approx(near, rel=1e-6)
    assert p[1].tolist() == pytest.approx(near, rel=1e-6)
    torch.testing.assert_close(softmax(z + 7), p)


def test_softmax_leaves_its_input() -> None:
    z = normal(3, 2, 2)
    before = z.clone()
    softmax(z)
    assert torch.equal(z, before)


@given(seeds, sizes, sizes)
def test_cross_entropy_equals_torch_and_the_formula(seed: int, B: int, V: int) -> None:
    z, y = normal(seed, B, V), labels(seed, V, B)
    loss = cross_entropy(z, y)
    assert loss.shape == ()
    surprises = [-math.log(softmax(z)[n, y[n]].item()) for n in range(B)]
    assert loss.item() == pytest.approx(math.fsum(surprises) / B, abs=1e-12)
    torch.testing.assert_close(loss, F.cross_entropy(z, y))


def test_cross_entropy_of_probabilities_too_small_to_be_written() -> None:
    z = torch.tensor([[0.0, 5000.0], [5000.0, 5000.0]])
    assert cross_entropy(z, torch.tensor([0, 1])).item() == pytest.approx((5000 + math.log(2)) / 2)
    assert cross_entropy(torch.zeros(3, 37), torch.tensor([0, 5, 36])).item() == pytest.approx(math.log(37))


@given(seeds, sizes, sizes)
def test_gradient_equals_finite_differences(seed: int, B: int, V: int) -> None:
    z, y, step = normal(seed, B, V), labels(seed, V, B), 1e-5
    g = grad_logits(z, y)
    for n in range(B):
        for j in range(V):
            bump = torch.zeros_like(z)
            bump[n, j] = step
            slope = (cross_entropy(z + bump, y) - cross_entropy(z - bump, y)) / (2 * step)
            assert g[n, j].item() == pytest.approx(slope.item(), abs=1e-8)


def test_gradient_equals_autograd() -> None:
    z, y = normal(4, 6, 5).requires_grad_(), labels(4, 5, 6)
    (expected,) = torch.autograd.grad(F.cross_entropy(z, y), z)
    g = grad_logits(z.detach(), y)
    torch.testing.assert_close(g, expected, rtol=1e-12, atol=1e-15)
    torch.testing.assert_close(g.sum(dim=1), torch.zeros(6, dtype=torch.float64), rtol=0, atol=1e-15)
