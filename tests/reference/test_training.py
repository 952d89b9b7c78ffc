"""Training: partitions, evaluation, searches and choices against brute force; the sampler's law against enumeration."""

import doctest
import itertools
import math
import pickle
from collections import Counter
from pathlib import Path

import pytest
import torch

from reference import training
from reference.mlp import forward, init_mlp, mlp_loss, train_steps
from reference.training import (
    best_epoch,
    evaluate,
    load_weights,
    minibatches,
    sample_from_mlp,
    save_weights,
    select_model,
    train_model,
    try_learning_rates,
)

Params = dict[str, torch.Tensor]


def test_examples() -> None:
    result = doctest.testmod(training)
    assert result.attempted > 25 and result.failed == 0


def generator(seed: int = 2026) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture
def model() -> Params:
    """V = 6, context 2, scores that are not all alike."""
    params = init_mlp(6, context=2, embedding=3, hidden=8, generator=generator())
    return {name: tensor.double() * (40 if name == "W2" else 1) for name, tensor in params.items()}


def examples(n: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    X = torch.randint(6, (n, 2), generator=generator(seed))
    return X, (X[:, 0] + 2 * X[:, 1] + torch.randint(2, (n,), generator=generator(seed + 1))) % 6


def own_nll(params: Params, X: torch.Tensor, Y: torch.Tensor) -> float:
    """The mean NLL example by example, without the library's loss."""
    total = 0.0
    for x, y in zip(X.tolist(), Y.tolist(), strict=True):
        inputs = torch.cat([params["C"][i] for i in x])
        scores = (inputs @ params["W1"] + params["b1"]).tanh() @ params["W2"] + params["b2"]
        total += math.log(sum(math.exp(score) for score in scores.tolist())) - scores[y].item()
    return total / len(Y)


def own_descent(params: Params, X: torch.Tensor, Y: torch.Tensor, lr: float, steps: int) -> list[Params]:
    """Weights after each full-batch step, with torch's own optimizer."""
    weights = {name: tensor.clone().requires_grad_() for name, tensor in params.items()}
    optimizer = torch.optim.SGD(weights.values(), lr=lr)
    path = []
    for _ in range(steps):
        optimizer.zero_grad()
        mlp_loss(weights, X, Y).backward()
        optimizer.step()
        path.append({name: tensor.detach().clone() for name, tensor in weights.items()})
    return path


def assert_same(a: Params, b: Params) -> None:
    assert a.keys() == b.keys()
    for name in a:
        torch.testing.assert_close(a[name], b[name])


@pytest.mark.parametrize(("n", "batch_size"), [(10, 3), (9, 3), (2, 5), (1, 1), (7, 1)])
def test_minibatches_are_a_partition(n: int, batch_size: int) -> None:
    batches = minibatches(n, batch_size, generator())
    assert sorted(torch.cat(batches).tolist()) == list(range(n))
    assert [len(batch) for batch in batches[:-1]] == [batch_size] * (len(batches) - 1)
    assert 1 <= len(batches[-1]) <= batch_size
    assert all(batch.dtype == torch.int64 for batch in batches)


def test_every_order_is_as_likely() -> None:
    """Each of 24 orders has a binomial count of mean 200; |z| > 6 has probability below 24 * 2e-9, and the seed is fixed."""
    source = generator()
    seen = Counter(tuple(torch.cat(minibatches(4, 2, source)).tolist()) for _ in range(4800))
    assert len(seen) == 24
    assert all(abs(count - 200) < 6 * math.sqrt(200 * 23 / 24) for count in seen.values())


def test_minibatches_use_the_generator_and_nothing_else() -> None:
    def orders(source: torch.Generator | None, count: int = 2) -> list[list[int]]:
        return [torch.cat(minibatches(50, 8, source)).tolist() for _ in range(count)]

    before = torch.get_rng_state()
    assert orders(generator(1)) == orders(generator(1)) != orders(generator(2))
    assert len({tuple(order) for order in orders(generator(1), 3)}) == 3
    assert torch.equal(torch.get_rng_state(), before)
    first, second = orders(None)
    assert first != second


@pytest.mark.parametrize("batch_size", [1, 3, 10, 11, 4096])
def test_evaluate_is_the_mean_over_all_examples(model: Params, batch_size: int) -> None:
    X, Y = examples(10, seed=1)
    loss = evaluate(model, X, Y, batch_size)
    assert type(loss) is float
    assert loss == pytest.approx(own_nll(model, X, Y), rel=1e-12)


def test_evaluate_keeps_no_graph(model: Params) -> None:
    for tensor in model.values():
        tensor.requires_grad_()
    evaluate(model, *examples(10, seed=1), 4)
    assert all(tensor.grad is None for tensor in model.values())


def test_learning_rates_all_start_from_the_same_weights(model: Params) -> None:
    train, val = examples(30, seed=1), examples(20, seed=3)
    before = {name: tensor.clone() for name, tensor in model.items()}
    everything = torch.arange(30)
    rates = [0.3, 0.0, 1.0, 0.3]
    losses = try_learning_rates(model, train, val, [everything] * 4, rates)
    expected = [own_nll(own_descent(before, *train, lr, 4)[-1], *val) for lr in rates]
    assert losses == pytest.approx(expected, rel=1e-9)
    assert_same(model, before)


def test_full_batch_training_is_gradient_descent(model: Params) -> None:
    X, Y = train = examples(30, seed=1)
    val = torch.cat([X, X]), torch.cat([Y, (Y + 1) % 6])  # half of it contradicts the training examples
    before = {name: tensor.clone() for name, tensor in model.items()}
    path = own_descent(model, *train, lr=0.5, steps=25)
    best, train_losses, val_losses = train_model(model, train, val, 25, batch_size=30, lr=0.5, generator=generator())
    assert train_losses == pytest.approx([own_nll(step, *train) for step in path], rel=1e-9)
    assert val_losses == pytest.approx([own_nll(step, *val) for step in path], rel=1e-9)
    chosen = min(range(25), key=val_losses.__getitem__)
    assert 0 < chosen < 24, "the curve must turn, or this test proves nothing"
    assert_same(best, path[chosen])
    assert_same(model, before)


def test_the_first_of_equal_epochs_is_kept(model: Params) -> None:
    best, _, val_losses = train_model(model, examples(30, seed=1), examples(20, seed=3), 3, 10, lr=0.0)
    assert len(set(val_losses)) == 1
    assert_same(best, model)


def test_a_tiny_rate_adds_up_the_gradients_of_all_batches(model: Params) -> None:
    """To first order in lr the batches of one epoch move the weights by lr times the sum of their gradients, in any order."""
    (X, Y), lr = examples(24, seed=1), 1e-7
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in model.items()}
    mlp_loss(leaves, X, Y).backward()
    moved, _, _ = train_model(model, (X, Y), (X, Y), 1, batch_size=4, lr=lr)
    for name, tensor in model.items():
        torch.testing.assert_close((tensor - moved[name]) / lr, 6 * leaves[name].grad, rtol=1e-3, atol=1e-4)


def test_training_shuffles_anew_at_every_epoch(model: Params) -> None:
    """With two batches of one, some of twelve epochs must take them in one order and some in the other (2**-11 else)."""
    X, Y = examples(2, seed=1)
    batches = minibatches(2, 1, generator())
    fixed = []
    for order in (batches, batches[::-1]):
        weights, losses = model, []
        for _ in range(12):
            weights, _ = train_steps(weights, X, Y, order, 0.5)
            losses.append(evaluate(weights, X, Y))
        fixed.append(losses)
    first, again, other = (train_model(model, (X, Y), (X, Y), 12, 1, 0.5, generator(seed))[1] for seed in (1, 1, 2))
    assert first == again != other
    assert first not in fixed


def own_best_epoch(losses: list[float], patience: int) -> int:
    """The first epoch that no one of the `patience` epochs behind it beats, or else the best of all."""
    for epoch, loss in enumerate(losses):
        if loss < min(losses[:epoch], default=math.inf):
            following = losses[epoch + 1 : epoch + 1 + patience]
            if len(following) == patience and min(following) >= loss:
                return epoch
    return losses.index(min(losses))


def test_early_stopping_against_brute_force() -> None:
    for length in range(1, 6):
        for losses in itertools.product([1.0, 2.0, 3.0], repeat=length):
            for patience in range(1, length + 2):
                assert best_epoch(list(losses), patience) == own_best_epoch(list(losses), patience)


def biased(scores: list[float]) -> Params:
    """A model that ignores its context."""
    zeros = {"C": torch.zeros(2, 1), "W1": torch.zeros(1, 1), "b1": torch.zeros(1), "W2": torch.zeros(1, 2)}
    return zeros | {"b2": torch.tensor(scores)}


def targets(zeros: int, ones: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.zeros(zeros + ones, 1, dtype=torch.int64), torch.tensor([0] * zeros + [1] * ones)


def test_selection_is_by_validation_alone() -> None:
    candidates = {"diverged": biased([math.nan, 0.0]), "ones": biased([0.0, 2.0]), "zeros": biased([2.0, 0.0])}
    name, loss = select_model(candidates, val=targets(9, 1), test=targets(1, 9))
    assert name == "zeros"
    assert loss == pytest.approx(0.9 * math.log(1 + math.exp(2)) + 0.1 * math.log(1 + math.exp(-2)), rel=1e-5)
    assert select_model(candidates, val=targets(1, 9), test=targets(9, 1))[0] == "ones"


def name_probability(params: Params, ids: tuple[int, ...]) -> float:
    context, p = (0, 0), 1.0
    for i in (*ids, 0):
        p *= forward(params, torch.tensor([context])).softmax(dim=1)[0, i].item()
        context = (context[1], i)
    return p


def test_samples_follow_the_law_of_the_model(model: Params) -> None:
    """Counts of every name up to two letters against its probability: 31 binomials, |z| > 6 below 31 * 2e-9 (seed fixed)."""
    n, itos = 2000, list(".abcde")
    names = Counter(sample_from_mlp(model, itos, n, generator(), max_len=12))
    letters = range(1, 6)
    short = [(), *((i,) for i in letters), *itertools.product(letters, repeat=2)]
    for ids in short:
        p = name_probability(model, ids)
        count = names["".join(itos[i] for i in ids)]
        assert abs(count - n * p) <= 6 * math.sqrt(n * p * (1 - p)) + 6


def test_sampler_uses_the_generator_and_stops(model: Params) -> None:
    itos = list(".abcde")
    assert sample_from_mlp(model, itos, 20, generator(1), 9) == sample_from_mlp(model, itos, 20, generator(1), 9)
    assert sample_from_mlp(model, itos, 20, generator(1), 9) != sample_from_mlp(model, itos, 20, generator(2), 9)
    model["b2"][0] = -1e4
    assert {len(name) for name in sample_from_mlp(model, itos, 5, max_len=4)} == {4}
    assert sample_from_mlp(model, itos, 2, max_len=0) == ["", ""]


def test_weights_come_back_and_code_does_not(model: Params, tmp_path: Path) -> None:
    path = str(tmp_path / "weights.pt")
    model["C"].requires_grad_()
    save_weights(model, path)
    back = load_weights(path)
    assert type(back) is dict
    for name, tensor in model.items():
        assert torch.equal(back[name], tensor) and back[name].dtype == tensor.dtype
    torch.save({"b2": Path}, path)
    with pytest.raises(pickle.UnpicklingError):
        load_weights(path)
