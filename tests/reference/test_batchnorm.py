"""The course's BatchNorm1d against torch.nn.BatchNorm1d, and eval_nll against one batch in evaluation mode."""

import doctest

import pytest
import torch

import reference.batchnorm
from reference.batchnorm import BatchNorm1d, Norm, eval_nll


def test_examples() -> None:
    result = doctest.testmod(reference.batchnorm)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("shape", [(6, 4), (5, 3, 4), (2, 1, 4)])
@pytest.mark.parametrize(("eps", "momentum"), [(1e-5, 0.1), (0.2, 0.7)])
def test_five_batches_as_torch(shape: tuple[int, ...], eps: float, momentum: float) -> None:
    ours, torchs = BatchNorm1d(4, eps, momentum), torch.nn.BatchNorm1d(4, eps, momentum)
    with torch.no_grad():
        for p, q in ((ours.gamma, torchs.weight), (ours.beta, torchs.bias)):
            p.copy_(torch.randn(4))
            q.copy_(p)
    for i in range(5):
        x = (i + 1) * torch.randn(shape) + i
        torch.testing.assert_close(ours(x), torchs(x.flatten(0, -2)).view(shape), rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(ours.running_mean, torchs.running_mean)
        torch.testing.assert_close(ours.running_var, torchs.running_var)
    ours.eval()
    torchs.eval()
    x = torch.randn(shape)
    before = ours.running_mean.clone()
    torch.testing.assert_close(ours(x), torchs(x.flatten(0, -2)).view(shape), rtol=1e-4, atol=1e-5)
    assert torch.equal(ours.running_mean, before)


def test_single_example_in_eval_equals_its_output_in_a_batch() -> None:
    bn = BatchNorm1d(4)
    for _ in range(5):
        bn(3 * torch.randn(8, 4) + 1)
    x = torch.randn(8, 4)
    batch = bn(x)
    bn.eval()
    assert not torch.allclose(bn(x), batch)
    assert torch.equal(torch.cat([bn(x[i : i + 1]) for i in range(8)]), bn(x))


def test_statistics_stay_out_of_the_graph_and_gradients_equal_torchs() -> None:
    ours, torchs = BatchNorm1d(3).double(), torch.nn.BatchNorm1d(3).double()
    x = torch.randn(7, 3, dtype=torch.float64)
    grads = []
    for bn in (ours, torchs):
        leaf = x.clone().requires_grad_()
        bn(leaf).pow(3).sum().backward()
        grads.append(leaf.grad)
    torch.testing.assert_close(grads[0], grads[1])
    torch.testing.assert_close(ours.gamma.grad, torchs.weight.grad)
    assert not ours.running_mean.requires_grad
    assert not ours.running_var.requires_grad


def test_norm_takes_positions_for_examples() -> None:
    norm, ours = Norm(4), BatchNorm1d(4)
    for shape in ((6, 4), (5, 3, 4)):
        x = torch.randn(shape)
        torch.testing.assert_close(norm(x), ours(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("batch_size", [1, 7, 30, 31, 100])
def test_eval_nll_does_not_depend_on_batches_or_mode(training: bool, batch_size: int) -> None:
    model = torch.nn.Sequential(
        torch.nn.Embedding(5, 3), torch.nn.Flatten(), torch.nn.BatchNorm1d(6), torch.nn.Dropout(), torch.nn.Linear(6, 5)
    )
    X, Y = torch.randint(5, (31, 2)), torch.randint(5, (31,))
    model(X)
    model.eval()
    with torch.no_grad():
        oracle = -model(X).log_softmax(dim=1)[torch.arange(31), Y].mean().item()
    model.train(training)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    assert eval_nll(model, X, Y, batch_size) == pytest.approx(oracle, abs=1e-5)
    assert model.training is training
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
