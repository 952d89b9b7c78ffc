"""The slides' figures on the default list, and on the official one where it is at hand."""

import json
import math
from pathlib import Path

import pytest
import torch

from reference.figures import SLIDE_MLP_PARAMETERS, SLIDE_NLL, SLIDE_PROBABILITIES, SLIDE_SYMBOLS, figures
from reference.mlp import mlp_parameters
from reference.names import load_insee


def test_default_list(default_names: list[str]) -> None:
    measured = figures(default_names)
    assert measured.names == 20_727
    assert measured.symbols == SLIDE_SYMBOLS == 37
    assert measured.mlp_parameters == SLIDE_MLP_PARAMETERS == 14_007
    assert measured.nll == pytest.approx(2.472, abs=0.0005)
    assert round(measured.nll, 2) == SLIDE_NLL
    assert measured.max_probability_error < 0.031  # the slides' list is another one: P(.|y) is .210 here, .240 there


def test_official_list_gives_the_slides_figures(insee_file: Path) -> None:
    measured = figures(load_insee(insee_file))
    assert measured.names == 15_263
    assert measured.symbols == SLIDE_SYMBOLS
    assert measured.mlp_parameters == SLIDE_MLP_PARAMETERS
    assert round(measured.nll, 2) == SLIDE_NLL
    assert measured.max_probability_error < 0.0015


def test_probabilities_are_shares_of_what_follows() -> None:
    measured = figures(["marley", "mary", "mimi"])
    assert measured.probabilities == {
        (".", "m"): 1.0,
        ("m", "a"): 0.5,
        ("a", "r"): 1.0,
        ("r", "l"): 0.5,
        ("l", "e"): 1.0,
        ("e", "y"): 1.0,
        ("y", "."): 1.0,
    }
    assert measured.max_probability_error == pytest.approx(1 - 0.024 - 0.001)  # P(y|e): 1 against .025


def test_missing_letters_have_probability_zero() -> None:
    measured = figures(["anna"])
    assert set(measured.probabilities.values()) == {0.0}
    assert measured.max_probability_error == max(SLIDE_PROBABILITIES.values())


def test_no_names() -> None:
    with pytest.raises(ValueError, match="vide"):
        figures([])


def test_json_and_table_show_the_same_figures(default_names: list[str]) -> None:
    measured = figures(default_names)
    read_back = json.loads(json.dumps(measured.as_dict()))
    assert set(read_back) == {"names", "symbols", "nll", "mlp_parameters", "max_probability_error", "probabilities"}
    assert read_back["nll"] == measured.nll
    assert read_back["probabilities"]["P(a|m)"] == {"slide": 0.454, "measured": measured.probabilities["m", "a"]}
    assert len(read_back["probabilities"]) == 7

    lines = [" ".join(line.split()) for line in measured.table().splitlines()]
    assert "names 20,727" in lines
    assert "three-layer parameters 14,007 14,007" in lines
    assert "bigram NLL (nats) 2.47 2.4721" in lines
    assert f"P(a|m) 0.454 {measured.probabilities['m', 'a']:.4f}" in lines


@pytest.mark.parametrize(("V", "k", "E", "H"), [(37, 3, 10, 200), (45, 3, 10, 200), (2, 1, 1, 1), (40, 8, 24, 128)])
def test_parameters_against_torch_layers(V: int, k: int, E: int, H: int) -> None:
    layers = torch.nn.Sequential(torch.nn.Embedding(V, E), torch.nn.Linear(k * E, H), torch.nn.Linear(H, V))
    assert mlp_parameters(V, k, E, H) == sum(math.prod(p.shape) for p in layers.parameters())
