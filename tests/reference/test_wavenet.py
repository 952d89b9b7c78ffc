"""Merging neighbours against brute force, the model against a convolution and against its formula, learning on real names."""

import doctest

import pytest
import torch

import reference.wavenet
from reference.batchnorm import eval_nll
from reference.splits import windows
from reference.vocabulary import build_vocabulary
from reference.wavenet import WaveNet, flatten_consecutive


def test_examples() -> None:
    result = doctest.testmod(reference.wavenet)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize(("B", "T", "C", "n"), [(2, 8, 3, 2), (1, 6, 1, 3), (3, 4, 2, 4), (1, 2, 5, 2), (2, 3, 2, 1)])
def test_merging_equals_brute_force(B: int, T: int, C: int, n: int) -> None:
    x = torch.arange(B * T * C).view(B, T, C)
    merged = flatten_consecutive(x, n)
    assert merged.shape == ((B, n * C) if n == T else (B, T // n, n * C))
    for b, t, c in torch.cartesian_prod(torch.arange(B), torch.arange(T), torch.arange(C)).tolist():
        assert merged.view(B, T // n, n * C)[b, t // n, (t % n) * C + c] == x[b, t, c]


@pytest.mark.parametrize("training", [True, False])
def test_model_equals_strided_convolutions(training: bool) -> None:
    V, E, H = 11, 3, 5
    model = WaveNet(V, E, H)
    model.train(training)
    X = torch.randint(V, (12, 8))
    x = model.embedding.weight[X].transpose(1, 2)  # (B, E, 8), as torch's convolutions have it
    norms = [torch.nn.BatchNorm1d(H).train(training) for _ in range(3)]
    for linear, norm in zip(model.linears, norms, strict=True):
        kernel = linear.weight.view(H, 2, -1).transpose(1, 2)  # (H, in, 2)
        x = torch.tanh(norm(torch.nn.functional.conv1d(x, kernel, stride=2)))
    torch.testing.assert_close(model(X), model.output(x.squeeze(2)), rtol=1e-4, atol=1e-5)


def test_all_eight_positions_reach_the_scores() -> None:
    model = WaveNet(11, 3, 5).eval()
    embedded = model.embedding(torch.randint(11, (4, 8))).detach().requires_grad_()
    model.embedding = torch.nn.Identity()
    model(embedded).square().sum().backward()
    assert (embedded.grad.abs().sum(dim=(0, 2)) > 0).all()


def test_parameter_count() -> None:
    assert sum(p.numel() for p in WaveNet(37).parameters()) == 37 * 24 + 128 * (48 + 256 + 256) + 6 * 128 + 129 * 37


def test_learns_in_a_few_steps(default_names: list[str]) -> None:
    _, stoi = build_vocabulary(default_names)
    X, Y = windows(default_names[::20], stoi, 8)
    torch.manual_seed(0)
    model = WaveNet(len(stoi), 8, 32)
    start = eval_nll(model, X, Y)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        batch = torch.randint(len(Y), (256,))
        loss = torch.nn.functional.cross_entropy(model(X[batch]), Y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert start > 3.4
    assert eval_nll(model, X, Y) < 2.5
