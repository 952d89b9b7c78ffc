"""Scales of the weights against torch's own rules, against exact shares, and at work in a deep stack of tanh."""

import doctest
import math

import pytest
import torch

import reference.initialisation
from reference.initialisation import kaiming_std, saturation_share, scaled_params
from reference.mlp import forward, n_params


def test_examples() -> None:
    result = doctest.testmod(reference.initialisation)
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("nonlinearity", ["tanh", "linear", "relu"])
@pytest.mark.parametrize("fan_in", [1, 7, 300])
def test_kaiming_std_is_that_of_torch(nonlinearity: str, fan_in: int) -> None:
    gain = torch.nn.init.calculate_gain(nonlinearity)
    weight = torch.empty(200_000 // fan_in, fan_in)
    generator = torch.Generator().manual_seed(fan_in)
    torch.nn.init.kaiming_normal_(weight, nonlinearity=nonlinearity, generator=generator)
    assert kaiming_std(fan_in, gain) == pytest.approx(weight.std().item(), rel=0.02)  # 12 standard errors
    if nonlinearity == "tanh":
        assert kaiming_std(fan_in) == kaiming_std(fan_in, gain)


def test_saturation_share_counts_both_ends_strictly() -> None:
    h = torch.tensor([[-1.0, -0.75, 0.0], [0.75, 0.875, 1.0]], dtype=torch.float64)
    assert saturation_share(h, limit=0.75) == 3 / 6
    assert saturation_share(h.view(1, 6, 1), limit=0.5) == 5 / 6
    assert saturation_share(h) == 2 / 6


def test_saturation_share_of_a_normal_input() -> None:
    a = torch.randn(200_000, generator=torch.Generator().manual_seed(0))
    exact = math.erfc(math.atanh(0.9) / math.sqrt(2))  # P(|a| > atanh 0.9)
    assert saturation_share(torch.tanh(a), 0.9) == pytest.approx(exact, abs=0.005)


def test_params_have_the_specified_law_and_start_from_ignorance() -> None:
    V, k, E, H = 37, 3, 10, 200
    params = scaled_params(V, k, E, H, torch.Generator().manual_seed(0))
    assert n_params(params) == 14007
    assert not params["b1"].any()
    assert not params["b2"].any()
    for name, std in {"C": 1.0, "W1": 5 / 3 / math.sqrt(30), "W2": 0.1 / math.sqrt(200)}.items():
        assert params[name].std().item() == pytest.approx(std, rel=6 / math.sqrt(2 * params[name].numel()))
    X, Y = torch.randint(V, (500, k)), torch.randint(V, (500,))
    loss = torch.nn.functional.cross_entropy(forward(params, X), Y)
    assert loss.item() == pytest.approx(math.log(V), abs=0.05)


def test_the_generator_decides_everything() -> None:
    first, same, other = (scaled_params(9, 2, 3, 4, torch.Generator().manual_seed(s)) for s in (1, 1, 2))
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in ("C", "W1", "W2"))


def test_gain_of_tanh_keeps_the_signal_through_many_layers() -> None:
    generator = torch.Generator().manual_seed(3)
    spreads = {}
    for gain in (0.5, 5 / 3):
        x = torch.randn(400, 100, generator=generator)
        for _ in range(10):
            x = torch.tanh(x @ torch.randn(100, 100, generator=generator) * kaiming_std(100, gain))
        spreads[gain] = x.std().item()
    assert spreads[0.5] < 0.01
    assert 0.5 < spreads[5 / 3] < 0.8
