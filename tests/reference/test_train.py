"""`python -m reference.train` on a short list: every model is there, its losses are in order, its table can be read."""

import io
import math

import pytest
import torch
from rich.console import Console

from reference.train import Data, load_data, results_table, train_all


@pytest.fixture(scope="module")
def short_list(tmp_path_factory: pytest.TempPathFactory, default_names: list[str]) -> Data:
    path = tmp_path_factory.mktemp("names") / "names.txt"
    path.write_text("\n".join(default_names[::3]) + "\n", encoding="utf-8")
    return load_data(path, seed=1)


def test_data_has_three_parts_and_the_training_symbols(short_list: Data) -> None:
    parts = short_list.train, short_list.val, short_list.test
    assert not set(parts[0]) & set(parts[1]) and not set(parts[1]) & set(parts[2]) and all(parts)
    assert set("".join(short_list.train)) | {"."} == set(short_list.itos)
    assert set("".join(parts[1] + parts[2])) <= set(short_list.itos)


def test_every_model_learns(short_list: Data) -> None:
    with torch.random.fork_rng():
        results, params = train_all(short_list, seed=1, epochs=1, console=Console(file=io.StringIO()))
    by_name = {result.model.split(",")[0]: result for result in results}
    assert list(by_name) == ["bigrams", "4-grams", "2- to 5-grams", "bigram neuron", "three layers", "WaveNet"]
    uniform = math.log(len(short_list.stoi))
    for result in results:
        assert min(result.train, result.val, result.test) > 0.5
        assert max(result.train, result.val, result.test) < uniform
    assert all(result.train < result.test for result in results[:3])  # counted by heart
    assert by_name["2- to 5-grams"].val < by_name["bigrams"].val
    assert by_name["bigram neuron"].train > by_name["bigrams"].train - 0.05
    assert params["C"].shape == (len(short_list.stoi), 10)
    out = io.StringIO()
    Console(file=out, width=80).print(results_table(results))
    assert all(f"{result.test:.3f}" in out.getvalue() for result in results)
