"""The three-layer model against loops, torch's own modules and optimizer, and finite differences in float64."""

import doctest
import inspect
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from reference.mlp import embed, forward, init_mlp, mlp_gradients, mlp_loss, mlp_parameters, n_params, train_steps

EXERCISES = (embed, mlp_parameters, init_mlp, n_params, forward, mlp_loss, mlp_gradients, train_steps)
Params = dict[str, torch.Tensor]
seeds = st.integers(0, 2**32)
small = st.integers(1, 5)
quick = settings(deadline=None, max_examples=50)  # a busy machine may take long over a single example


def made_up(
    seed: int, V: int = 6, k: int = 3, E: int = 2, H: int = 4, n: int = 5
) -> tuple[Params, torch.Tensor, torch.Tensor]:
    """float64 parameters, windows X (n, k) and next symbols Y (n,)."""
    generator = torch.Generator().manual_seed(seed)
    shapes = {"C": (V, E), "W1": (k * E, H), "b1": (H,), "W2": (H, V), "b2": (V,)}
    params = {part: torch.randn(shape, generator=generator, dtype=torch.float64) for part, shape in shapes.items()}
    return params, torch.randint(V, (n, k), generator=generator), torch.randint(V, (n,), generator=generator)


def by_loops(params: Params, context: list[int]) -> list[float]:
    """Scores of one context in plain Python."""
    C, W1, b1, W2, b2 = (params[part].tolist() for part in ("C", "W1", "b1", "W2", "b2"))
    x = [value for symbol in context for value in C[symbol]]
    h = [math.tanh(sum(x[i] * W1[i][j] for i in range(len(x))) + b1[j]) for j in range(len(b1))]
    return [sum(h[j] * W2[j][v] for j in range(len(h))) + b2[v] for v in range(len(b2))]


def test_exercises_need_only_torch_math_and_each_other() -> None:
    notebook: dict[str, object] = {"torch": torch, "math": math}
    for function in EXERCISES:
        exec(inspect.getsource(function), notebook)  # as the build pastes it into a cell
        examples = doctest.DocTestParser().get_doctest(function.__doc__ or "", notebook, function.__name__, None, None)
        assert examples.examples
        assert doctest.DocTestRunner().run(examples, clear_globs=False).failed == 0
        for part in ("Paramètres", "Renvoie", "Exemple", "Source"):
            assert part in (function.__doc__ or "")


@quick
@given(seeds, small, small, small)
def test_embed_is_one_row_after_the_other(seed: int, k: int, E: int, n: int) -> None:
    params, X, _ = made_up(seed, k=k, E=E, n=n)
    rows = [[value for symbol in context for value in params["C"][symbol].tolist()] for context in X.tolist()]
    assert embed(params["C"], X).tolist() == rows


def test_embed_equals_torch_embedding() -> None:
    params, X, _ = made_up(1)
    expected = nn.functional.embedding(X, params["C"]).reshape(len(X), -1)
    assert torch.equal(embed(params["C"], X), expected)


@quick
@given(small, small, small, small)
def test_parameters_equal_what_torch_modules_hold(V: int, k: int, E: int, H: int) -> None:
    model = nn.Sequential(nn.Embedding(V, E), nn.Flatten(), nn.Linear(k * E, H), nn.Tanh(), nn.Linear(H, V))
    expected = sum(parameter.numel() for parameter in model.parameters())
    assert mlp_parameters(V, k, E, H) == expected
    assert n_params(init_mlp(V, k, E, H)) == expected


def test_parameters_of_the_course_and_of_the_paper() -> None:
    assert mlp_parameters(37, 3, 10, 200) == n_params(init_mlp(37)) == 14_007
    for V, k, m, h in [(37, 3, 10, 200), (17_964, 5, 60, 100)]:
        paper = V * (1 + (k + 1) * m + h) + h * (1 + k * m)  # with direct connections, section 2
        assert mlp_parameters(V, k, m, h) + k * m * V == paper
    assert mlp_parameters(37, 3, 10, 200) + 30 * 37 == 15_117


def test_n_params_of_any_dict() -> None:
    assert n_params({}) == 0
    assert n_params({"a": torch.zeros(2, 3, 4), "b": torch.tensor(1.0), "c": torch.zeros(0, 5)}) == 25


def test_first_parameters_have_the_right_shapes_and_spread() -> None:
    params = init_mlp(100, context=4, embedding=50, hidden=300, generator=torch.Generator().manual_seed(1))
    shapes = {"C": (100, 50), "W1": (200, 300), "b1": (300,), "W2": (300, 100), "b2": (100,)}
    assert {part: tuple(tensor.shape) for part, tensor in params.items()} == shapes
    assert all(tensor.dtype == torch.float32 and not tensor.requires_grad for tensor in params.values())
    assert not params["b1"].any()
    assert not params["b2"].any()
    for part, spread in {"C": 1.0, "W1": 1 / math.sqrt(200), "W2": 0.01}.items():
        count = params[part].numel()
        assert params[part].std().item() == pytest.approx(spread, rel=5 / math.sqrt(2 * count))
        assert abs(params[part].mean().item()) < 5 * spread / math.sqrt(count)


def test_first_loss_is_that_of_chance() -> None:
    for seed in range(5):
        params = init_mlp(37, generator=torch.Generator().manual_seed(seed))
        X, Y = torch.randint(37, (500, 3)), torch.randint(37, (500,))
        assert mlp_loss(params, X, Y).item() == pytest.approx(math.log(37), abs=0.1)


def test_only_the_generator_decides() -> None:
    first, again, other = (init_mlp(9, generator=torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    for part in ("C", "W1", "W2"):
        assert torch.equal(first[part], again[part])
        assert not torch.equal(first[part], other[part])
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    init_mlp(9, generator=torch.Generator().manual_seed(1))
    assert torch.equal(before, torch.random.get_rng_state())


@quick
@given(seeds, small, small)
def test_forward_equals_loops(seed: int, k: int, n: int) -> None:
    params, X, _ = made_up(seed, k=k, n=n)
    expected = torch.tensor([by_loops(params, context) for context in X.tolist()], dtype=torch.float64)
    torch.testing.assert_close(forward(params, X), expected)


def test_examples_do_not_see_each_other() -> None:
    params, X, _ = made_up(2, n=8)
    order = torch.randperm(8)
    torch.testing.assert_close(forward(params, X[order]), forward(params, X)[order])
    torch.testing.assert_close(forward(params, X[:1]), forward(params, X)[:1])


@quick
@given(seeds)
def test_loss_is_the_mean_surprise(seed: int) -> None:
    params, X, Y = made_up(seed)
    surprises = []
    for context, j in zip(X.tolist(), Y.tolist(), strict=True):
        z = by_loops(params, context)
        surprises.append(math.log(sum(math.exp(score) for score in z)) - z[j])
    loss = mlp_loss(params, X, Y)
    assert loss.shape == ()
    assert loss.item() == pytest.approx(sum(surprises) / len(surprises))


def test_loss_of_enormous_scores_is_finite() -> None:
    params, X, Y = made_up(3, n=1)
    params["b2"] = torch.zeros(6, dtype=torch.float64)
    params["b2"][Y[0]] = -5000.0
    assert 4900 < mlp_loss(params, X, Y).item() < 5100


@settings(quick, max_examples=15)
@given(seeds, st.integers(1, 4))
def test_gradients_equal_finite_differences(seed: int, n: int) -> None:
    params, X, Y = made_up(seed, V=4, n=n)  # few symbols: some come back in a context
    grads = mlp_gradients(params, X, Y)
    assert grads.keys() == params.keys()
    for part, tensor in params.items():
        for i in range(tensor.numel()):
            ends = []
            for step in (1e-5, -1e-5):
                moved = {name: values.clone() for name, values in params.items()}
                moved[part].view(-1)[i] += step
                ends.append(mlp_loss(moved, X, Y).item())
            assert grads[part].view(-1)[i].item() == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-8)


def test_gradients_leave_no_trace() -> None:
    params, X, Y = made_up(4)
    before = {part: tensor.clone() for part, tensor in params.items()}
    first, again = mlp_gradients(params, X, Y), mlp_gradients(params, X, Y)
    for part, tensor in params.items():
        assert torch.equal(tensor, before[part])
        assert not tensor.requires_grad
        assert tensor.grad is None
        assert torch.equal(first[part], again[part])


def test_steps_equal_those_of_torch_optim() -> None:
    params, X, Y = made_up(5, n=30)
    start = {part: tensor.clone() for part, tensor in params.items()}
    generator = torch.Generator().manual_seed(5)
    batches = [torch.randint(30, (4,), generator=generator) for _ in range(20)]
    after, losses = train_steps(params, X, Y, batches, lr=0.3)

    leaves = {part: tensor.clone().requires_grad_() for part, tensor in start.items()}
    optimizer = torch.optim.SGD(leaves.values(), lr=0.3)
    expected = []
    for batch in batches:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(forward(leaves, X[batch]), Y[batch])
        expected.append(loss.item())
        loss.backward()
        optimizer.step()
    assert losses == pytest.approx(expected)
    for part in params:
        torch.testing.assert_close(after[part], leaves[part].detach())
        assert torch.equal(params[part], start[part])


def test_no_batches_no_steps() -> None:
    params, X, Y = made_up(6)
    after, losses = train_steps(params, X, Y, [], lr=1.0)
    assert losses == []
    assert all(torch.equal(after[part], tensor) for part, tensor in params.items())


def test_a_small_list_can_be_learnt_by_heart() -> None:
    X, Y = torch.tensor([[0, 0], [0, 1], [1, 2], [2, 1]]), torch.tensor([1, 2, 1, 0])
    params = init_mlp(3, context=2, embedding=4, hidden=20, generator=torch.Generator().manual_seed(1))
    params, losses = train_steps(params, X, Y, [torch.arange(4)] * 300, lr=0.5)
    assert losses[0] == pytest.approx(math.log(3), abs=0.1)
    assert losses[-1] < 0.05
    assert forward(params, X).argmax(dim=1).tolist() == Y.tolist()
