"""Finetuning and alignment against torch's operators, loops, finite differences and exact laws; the small world of the three phases."""

import doctest
import math
import random

import pytest
import torch

import reference.alignment
import reference.assistant
import reference.finetuning
from reference.alignment import dpo_loss, policy_loss, reward_loss, sequence_logprob
from reference.assistant import RewardModel, Tokens, liking, prefers_first, sample_answers, slopes
from reference.finetuning import collate, format_example, masked_loss, respond, train_step
from reference.gpt import GPT, gpt_loss


@pytest.mark.parametrize("module", [reference.finetuning, reference.alignment])
def test_examples(module: object) -> None:
    result = doctest.testmod(module)  # type: ignore[arg-type]
    assert result.attempted > 0
    assert result.failed == 0


def pairs_of(chance: random.Random, n: int) -> list[tuple[list[int], list[int]]]:
    return [
        (
            [chance.randint(1, 9) for _ in range(chance.randint(1, 5))],
            [*(chance.randint(1, 9) for _ in range(chance.randint(0, 4))), 0],
        )
        for _ in range(n)
    ]


def test_a_batch_reads_back() -> None:
    pairs = pairs_of(random.Random(0), 50)
    x, y = collate(pairs, pad_id=0)
    for row, target, (prompt, response) in zip(x.tolist(), y.tolist(), pairs, strict=True):
        assert [k for k in target if k != -100] == response
        assert row[: len(prompt)] == prompt
        assert target.index(response[0]) == len(prompt) - 1
        n = len(prompt) + len(response) - 1
        assert set(row[n:]) <= {0}
        assert set(target[n:]) <= {-100}


def test_the_loss_is_that_of_07_where_something_counts() -> None:
    logits, y = torch.randn(4, 6, 5), torch.randint(5, (4, 6))
    y[torch.rand(4, 6) < 0.5] = -100
    y[0, 0] = 2
    torch.testing.assert_close(masked_loss(logits, y), gpt_loss(logits, y))
    assert masked_loss(logits, torch.full((4, 6), -100)) == 0


def test_an_answers_logarithm_is_minus_its_number_of_tokens_times_its_loss() -> None:
    logits, y = torch.randn(3, 7, 5, dtype=torch.float64), torch.randint(5, (3, 7))
    y[torch.rand(3, 7) < 0.5] = -100
    y[:, 0] = 1
    for b, value in enumerate(sequence_logprob(logits, y, y != -100)):
        counted = (y[b] != -100).sum()
        torch.testing.assert_close(value, -counted * masked_loss(logits[b : b + 1], y[b : b + 1]))


def test_probabilities_of_all_answers_sum_to_one() -> None:
    logits = torch.randn(1, 2, 3, dtype=torch.float64)
    ids = torch.cartesian_prod(torch.arange(3), torch.arange(3))  # (9, 2): without a past, every answer there is
    found = sequence_logprob(logits.expand(9, 2, 3), ids, torch.ones(9, 2, dtype=torch.bool))
    assert math.isclose(found.exp().sum().item(), 1)


def test_the_slope_of_a_preference_is_what_happened_minus_what_was_foreseen() -> None:
    chosen, rejected = torch.randn(2, 5, dtype=torch.float64)
    _, found = slopes(reward_loss, chosen, rejected)
    assert found is not None
    torch.testing.assert_close(found[0], -(1 - (chosen - rejected).sigmoid()) / 5)
    torch.testing.assert_close(found[1], -found[0])


@pytest.mark.parametrize("beta", [0.1, 1.0, 3.0])
def test_dpo_is_the_reward_loss_of_what_was_gained_on_the_reference(beta: float) -> None:
    pc, pr, rc, rr = torch.randn(4, 6, dtype=torch.float64)
    torch.testing.assert_close(dpo_loss(pc, pr, rc, rr, beta), reward_loss(beta * (pc - rc), beta * (pr - rr)))
    assert math.isclose(dpo_loss(pc, pr, pc, pr, beta).item(), math.log(2))
    _, found = slopes(dpo_loss, pc, pr, rc, rr, beta)
    assert found is not None
    assert (found[0] < 0).all()
    assert (found[1] > 0).all()
    assert not torch.cat(found[2:]).any()


def test_the_mean_slope_of_the_policy_is_that_of_the_expected_net_reward() -> None:
    """REINFORCE on a law of four answers, exactly: over all answers, weighted, against autograd of the expectation."""
    scores, start = torch.randn(2, 4, dtype=torch.float64)
    rewards, beta = torch.randn(4, dtype=torch.float64), 0.7
    leaf = scores.clone().requires_grad_()
    logp = leaf.log_softmax(0)
    net = rewards - beta * (logp - start.log_softmax(0))
    (exact,) = torch.autograd.grad((logp.exp() * net).sum(), leaf)
    p = scores.softmax(0)
    counts = torch.tensor([0, 1, 2, 3]).repeat_interleave((1e5 * p).round().long())
    leaf = scores.clone().requires_grad_()
    logp = leaf.log_softmax(0)[counts]
    loss = policy_loss(logp, start.log_softmax(0)[counts], rewards[counts], beta)
    (found,) = torch.autograd.grad(loss, leaf)
    torch.testing.assert_close(-found, exact, atol=1e-3, rtol=1e-2)


def test_a_step_equals_one_by_hand() -> None:
    model = torch.nn.Embedding(4, 4)
    x, y = torch.randint(4, (3, 5)), torch.randint(4, (3, 5))
    y[:, 0] = -100
    W = model.weight.detach().double()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    for _ in range(3):
        p = W.softmax(dim=1)
        slope = torch.zeros_like(W)
        for a, b in zip(x.flatten().tolist(), y.flatten().tolist(), strict=True):
            if b != -100:
                slope[a] += (p[a] - torch.eye(4)[b]) / 12
        W = W - 0.5 * slope
        train_step(model, optimizer, x, y)
    torch.testing.assert_close(model.weight.detach().double(), W, rtol=1e-4, atol=1e-5)


def test_the_best_answer_is_the_likeliest_first_token_each_time() -> None:
    torch.manual_seed(0)
    model = GPT(6, 5, d=8, n_layers=1, n_heads=2).eval()
    found = respond(model, [1, 2, 3], end_id=0, block_size=5, max_new=6)
    ids = [1, 2, 3]
    for token in found:
        assert int(model(torch.tensor([ids[-5:]]))[0, -1].argmax()) == token
        ids.append(token)
    assert len(found) == 6 or int(model(torch.tensor([ids[-5:]]))[0, -1].argmax()) == 0


def test_tokens_read_back() -> None:
    prompt, response = format_example({"instruction": "donne la dernière lettre", "input": "léa", "output": "a"})
    tokens = Tokens([prompt, response])
    assert tokens.decode(tokens.encode(prompt + response)) == prompt + response
    assert len(tokens.encode(prompt)) == 8  # headings and words are one token each, a name is letters


def test_readers_like_short_names_of_the_right_letter() -> None:
    assert liking("l", "léa") > liking("l", "louise") > liking("l", "li") == liking("l", "anna") == liking("l", "l4a")
    chance = random.Random(1)
    first = sum(prefers_first("l", "léa", "louis", chance) for _ in range(4000)) / 4000
    assert abs(first - 1 / (1 + math.exp(-2))) < 6 * 0.5 / math.sqrt(4000)


def test_answers_follow_the_model_and_a_judge_reads_the_last_token() -> None:
    model = torch.nn.Embedding(3, 3)
    torch.nn.init.zeros_(model.weight)
    rows = sample_answers(model, torch.ones((3000, 1), dtype=torch.int64), torch.Generator().manual_seed(0), max_new=2)
    ended = sum(row[0] == 0 for row in rows) / 3000
    assert abs(ended - 1 / 3) < 6 * math.sqrt(2 / 9 / 3000)
    assert {len(row) for row in rows} == {1, 2}
    assert not any(0 in row[:-1] for row in rows)
    again = [row[1] for row in rows if len(row) == 2]  # the finished ones left in between: the others' law is the same
    assert all(abs(again.count(token) / len(again) - 1 / 3) < 6 * math.sqrt(2 / 9 / len(again)) for token in range(3))
    judge = RewardModel(GPT(5, 6, d=8, n_layers=1, n_heads=2)).eval()
    torch.testing.assert_close(judge([[1, 2], [1, 2, 3]])[0], judge([[1, 2]])[0])
