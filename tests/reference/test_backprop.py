"""Gradients by hand against autograd and against finite differences, in float64, on small random shapes."""

import doctest

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import reference.backprop
from reference.backprop import batch_norm_backward, forward_with_cache, mlp_backward
from reference.mlp import forward, mlp_gradients

sizes = st.fixed_dictionaries({name: st.integers(1, 5) for name in ("V", "k", "E", "H", "B")})


def problem(V: int, k: int, E: int, H: int, B: int, seed: int) -> tuple[dict, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shapes = {"C": (V, E), "W1": (k * E, H), "b1": (H,), "W2": (H, V), "b2": (V,)}
    params = {name: torch.randn(shape, generator=generator, dtype=torch.float64) for name, shape in shapes.items()}
    return params, torch.randint(V, (B, k), generator=generator), torch.randint(V, (B,), generator=generator)


def test_examples() -> None:
    result = doctest.testmod(reference.backprop)
    assert result.attempted > 0
    assert result.failed == 0


@given(sizes, st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_mlp_gradients_equal_autograds(shape: dict[str, int], seed: int) -> None:
    params, X, Y = problem(**shape, seed=seed)  # up to 25 symbols of a vocabulary of 1 to 5: they repeat
    scores, cache = forward_with_cache(params, X)
    torch.testing.assert_close(scores, forward(params, X))
    before = {name: value.clone() for name, value in (params | cache).items()}
    grads = mlp_backward(params, cache, Y)
    right = mlp_gradients(params, X, Y)
    assert grads.keys() == params.keys()
    for name, value in grads.items():
        torch.testing.assert_close(value, right[name], rtol=1e-8, atol=1e-10)
    assert all(torch.equal(value, before[name]) for name, value in (params | cache).items())


def test_mlp_gradients_equal_finite_differences() -> None:
    params, X, Y = problem(V=4, k=2, E=2, H=3, B=5, seed=1)
    grads = mlp_backward(params, forward_with_cache(params, X)[1], Y)
    step = 1e-6
    for name, table in params.items():
        for i in range(table.numel()):
            losses = []
            for sign in (1, -1):
                moved = table.clone()
                moved.view(-1)[i] += sign * step
                losses.append(torch.nn.functional.cross_entropy(forward(params | {name: moved}, X), Y))
            slope = (losses[0] - losses[1]).item() / (2 * step)
            assert grads[name].flatten()[i].item() == pytest.approx(slope, abs=1e-7)


def test_scores_in_the_cache_count_even_with_a_fixed_term() -> None:
    params, X, Y = problem(V=4, k=3, E=2, H=3, B=6, seed=2)
    extra = torch.randn(6, 4, dtype=torch.float64)
    leaves = {name: p.clone().requires_grad_() for name, p in params.items()}
    torch.nn.functional.cross_entropy(forward(leaves, X) + extra, Y).backward()
    _, cache = forward_with_cache(params, X)
    grads = mlp_backward(params, cache | {"z": cache["z"] + extra}, Y)
    for name, leaf in leaves.items():
        torch.testing.assert_close(grads[name], leaf.grad, rtol=1e-8, atol=1e-10)


@given(st.integers(1, 6), st.integers(1, 4), st.sampled_from([1e-5, 1e-2, 1.0]), st.integers(0, 10**6))
@settings(max_examples=60, deadline=None)
def test_batch_norm_backward_equals_autograd(B: int, C: int, eps: float, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    dy, x = (torch.randn(B, C, generator=generator, dtype=torch.float64) for _ in range(2))
    gamma = torch.randn(C, generator=generator, dtype=torch.float64)
    leaves = [x.clone().requires_grad_(), gamma.clone().requires_grad_(), torch.zeros_like(gamma).requires_grad_()]
    mean = leaves[0].mean(0)
    std = ((leaves[0] - mean).square().mean(0) + eps).sqrt()
    right = torch.autograd.grad(leaves[1] * (leaves[0] - mean) / std + leaves[2], leaves, dy)
    for value, expected in zip(batch_norm_backward(dy, x, gamma, eps), right, strict=True):
        torch.testing.assert_close(value, expected, rtol=1e-8, atol=1e-8)


def test_batch_norm_backward_cancels_over_the_batch() -> None:
    dy, x = torch.randn(9, 3, dtype=torch.float64), torch.randn(9, 3, dtype=torch.float64)
    dx, _, _ = batch_norm_backward(dy, x, torch.ones(3, dtype=torch.float64))
    torch.testing.assert_close(dx.sum(0), torch.zeros(3, dtype=torch.float64))
