"""Attention against torch's operator and loops, the block against torch's own, the model's structure, batches, loss, law."""

import doctest
import math
import runpy
import sys
from pathlib import Path

import pytest
import torch

import reference.attention
import reference.gpt
from reference.attention import Block, TorchBlock, causal_attention, multi_head_attention
from reference.gpt import GPT, generate, gpt_loss, make_batch, next_token_probabilities
from reference.vocabulary import build_vocabulary


@pytest.mark.parametrize("module", [reference.attention, reference.gpt])
def test_examples(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("shape", [(2, 5, 4), (2, 3, 6, 2), (1, 1, 3), (7, 2)])
def test_attention_equals_torch(shape: tuple[int, ...]) -> None:
    q, k, v = (torch.randn(shape, dtype=torch.float64) for _ in range(3))
    right = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    torch.testing.assert_close(causal_attention(q, k, v), right)


def test_attention_equals_loops() -> None:
    q, k, v = torch.randn(3, 6, 4, dtype=torch.float64)
    for t, row in enumerate(causal_attention(q, k, v)):
        weights = [math.exp(float(q[t] @ k[j]) / 2) for j in range(t + 1)]
        mean = sum(w * v[j] for j, w in enumerate(weights)) / sum(weights)
        torch.testing.assert_close(row, mean)


def test_heads_equal_attention_on_slices() -> None:
    q, k, v = torch.randn(3, 2, 5, 6)
    for n in (1, 2, 3, 6):
        parts = [causal_attention(*(x[..., i : i + 6 // n] for x in (q, k, v))) for i in range(0, 6, 6 // n)]
        torch.testing.assert_close(multi_head_attention(q, k, v, n), torch.cat(parts, dim=-1))


@pytest.mark.parametrize("training", [True, False])
def test_block_equals_torchs(training: bool) -> None:
    mine, theirs = Block(8, 2), TorchBlock(8, 2)
    state = {
        "self_attn.in_proj_weight": mine.qkv.weight,
        "self_attn.in_proj_bias": torch.zeros(24),
        "self_attn.out_proj.weight": mine.proj.weight,
        "self_attn.out_proj.bias": mine.proj.bias,
    }
    for name, own in (("linear1", "up"), ("linear2", "down"), ("norm1", "ln1"), ("norm2", "ln2")):
        for kind in ("weight", "bias"):
            state[f"{name}.{kind}"] = getattr(getattr(mine, own), kind)
    theirs.load_state_dict(state)
    x = torch.randn(3, 5, 8)
    with torch.set_grad_enabled(training):
        torch.testing.assert_close(mine(x), theirs.train(training)(x), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("training", [True, False])
def test_the_future_never_changes_the_past_and_the_past_matters(training: bool) -> None:
    model, ids = GPT(11, 8).train(training), torch.randint(11, (1, 8))
    with torch.set_grad_enabled(training):
        before = model(ids)
        for t in range(8):
            other = ids.clone()
            other[0, t] = (other[0, t] + 1) % 11
            change = (model(other) - before).abs().amax(dim=-1)[0]
            assert (change[:t] < 1e-5).all()
            assert (change[t:] > 1e-5).all()


def test_batch_reads_back(default_names: list[str]) -> None:
    names = default_names[::500]
    itos, stoi = build_vocabulary(names)
    ids, targets = make_batch(names, stoi, 25)
    for name, row, target in zip(names, ids.tolist(), targets.tolist(), strict=True):
        n = len(name)
        assert "".join(itos[i] for i in row[: n + 1]) == f".{name}"
        assert "".join(itos[i] for i in target[: n + 1]) == f"{name}."
        assert set(row[n + 1 :]) <= {0}
        assert set(target[n + 1 :]) <= {-100}
    cut, cut_targets = make_batch(names, stoi, 3)
    torch.testing.assert_close(cut, ids[:, :3])
    torch.testing.assert_close(cut_targets, targets[:, :3])


def test_loss_equals_torch() -> None:
    logits, targets = torch.randn(4, 6, 5), torch.randint(5, (4, 6))
    targets[torch.rand(4, 6) < 0.4] = -100
    targets[0, 0] = 2
    right = torch.nn.functional.cross_entropy(logits.transpose(1, 2), targets)
    torch.testing.assert_close(gpt_loss(logits, targets), right)


def test_temperature_and_top_k_by_powers() -> None:
    logits = torch.randn(6, 9, dtype=torch.float64)
    p = logits.softmax(dim=1)
    tempered = p**2 / (p**2).sum(dim=1, keepdim=True)
    torch.testing.assert_close(next_token_probabilities(logits, 0.5), tempered)
    kept = next_token_probabilities(logits, 0.5, top_k=3)
    assert ((kept > 0).sum(dim=1) == 3).all()
    torch.testing.assert_close(
        kept / kept.amax(1, keepdim=True), torch.where(kept > 0, tempered / tempered.amax(1, keepdim=True), 0)
    )
    torch.testing.assert_close(next_token_probabilities(logits, 0.5, top_k=20), tempered)


def test_generated_names_follow_the_model() -> None:
    model = torch.nn.Embedding(3, 3)
    torch.nn.init.zeros_(model.weight)  # three equal chances: 2 symbols a name on average, sd sqrt(6)
    rows = generate(model, 3000, 1, generator=torch.Generator().manual_seed(0), max_len=200)
    assert abs(sum(map(len, rows)) / 3000 - 2) < 7 * math.sqrt(6 / 3000)
    assert {i for row in rows for i in row} == {1, 2}
    assert max(map(len, generate(model, 200, 1, max_len=3))) == 3


def test_learns_in_a_few_steps(default_names: list[str]) -> None:
    names = default_names[::20]
    _, stoi = build_vocabulary(names)
    ids, targets = make_batch(names, stoi, 20)
    torch.manual_seed(0)
    model = GPT(len(stoi), 20)
    start = gpt_loss(model(ids), targets).item()
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    for _ in range(40):
        rows = torch.randint(len(names), (64,))
        optimizer.zero_grad()
        loss = gpt_loss(model(ids[rows]), targets[rows])
        loss.backward()
        optimizer.step()
    assert start > 3.4
    assert gpt_loss(model(ids), targets).item() < 2.7


@pytest.mark.parametrize("arguments", [[], ["--makemore", "no-such-folder"]])
def test_the_comparison_says_what_to_clone(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """benchmarks/makemore.py without a checkout: a sentence, and no traceback."""
    path = Path(__file__).resolve().parents[2] / "benchmarks" / "makemore.py"
    monkeypatch.setattr(sys, "argv", [str(path), *arguments])
    with pytest.raises(SystemExit, match=r"git clone https://github\.com/karpathy/makemore"):
        runpy.run_path(str(path), run_name="__main__")
