"""What the benchmark's students write: for each exercise right and wrong answers."""

# ruff: noqa: E501
ANSWERS: dict[str, list[tuple[bool, str]]] = {
    "count_matrix": [
        (
            True,
            "def count_matrix(ids, symbols):\n    N = torch.zeros(symbols, symbols, dtype=torch.int64)\n    for a, b in zip(ids[:-1], ids[1:]):\n        N[a, b] += 1\n    return N",
        ),
        (
            True,
            "def count_matrix(ids, symbols):\n    return torch.bincount(ids[:-1] * symbols + ids[1:], minlength=symbols ** 2).view(symbols, symbols)",
        ),
        (
            False,
            "def count_matrix(ids, symbols):\n    N = torch.zeros(symbols, symbols, dtype=torch.int64)\n    for a, b in zip(ids[:-1], ids[1:]):\n        N[b, a] += 1\n    return N",
        ),
    ],
    "normalize": [
        (True, "def normalize(counts):\n    return counts / counts.sum(1, keepdim=True)"),
        (False, "def normalize(counts):\n    return counts / counts.sum(0, keepdim=True)"),
        (True, "def normalize(counts):\n    return torch.stack([row / row.sum() for row in counts.double()])"),
        (False, "def normalize(counts):\n    raise ValueError('?')"),
    ],
    "one_hot": [
        (True, "def one_hot(ids, symbols):\n    return torch.nn.functional.one_hot(ids, symbols).float()"),
        (True, "def one_hot(ids, symbols):\n    return torch.zeros(len(ids), symbols).scatter_(1, ids[:, None], 1.0)"),
        (
            False,
            "def one_hot(ids, symbols):\n    return torch.nn.functional.one_hot(ids - ids.min() + 1, symbols + 1).float()",
        ),
        (True, "def one_hot(ids, symbols):\n    return torch.eye(symbols)[ids]"),
        (False, "def one_hot(ids, symbols):\n    pass"),
    ],
    "cross_entropy": [
        (True, "def cross_entropy(logits, targets):\n    return torch.nn.functional.cross_entropy(logits, targets)"),
        (
            False,
            "def cross_entropy(logits, targets):\n    return torch.nn.functional.cross_entropy(logits, targets, reduction='sum')",
        ),
        (
            True,
            "def cross_entropy(logits, targets):\n    p = logits.softmax(1)\n    return -p[range(len(targets)), targets].log().mean()",
        ),
    ],
    "train": [
        (
            True,
            "def train(X, Y, steps, lr):\n    layer = torch.nn.Linear(X.shape[1], int(Y.max()) + 1, bias=False)\n    torch.nn.init.zeros_(layer.weight)\n    optimizer = torch.optim.SGD(layer.parameters(), lr=lr)\n    for _ in range(steps):\n        optimizer.zero_grad()\n        torch.nn.functional.cross_entropy(layer(X), Y).backward()\n        optimizer.step()\n    return layer.weight.detach().T",
        ),
        (
            True,
            "def train(X, Y, steps, lr):\n    W = torch.zeros(X.shape[1], int(Y.max()) + 1, requires_grad=True)\n    for _ in range(steps):\n        loss = torch.nn.functional.cross_entropy(X @ W, Y)\n        W.grad = None\n        loss.backward()\n        W.data -= lr * W.grad\n    return W.detach()",
        ),
        (
            False,
            "def train(X, Y, steps, lr):\n    W = torch.zeros(X.shape[1], int(Y.max()) + 1, requires_grad=True)\n    for _ in range(steps):\n        torch.nn.functional.cross_entropy(X @ W, Y).backward()\n        W.data -= lr * W.grad\n    return W.detach()",
        ),
    ],
}


def answers_of(number: int) -> tuple[dict[str, str], dict[str, int]]:
    """What student `number` wrote, and the points (0 or 1) each answer deserves."""
    written: dict[str, str] = {}
    deserved: dict[str, int] = {}
    for exercise, choices in ANSWERS.items():
        right, source = choices[number % len(choices)]
        written[exercise], deserved[exercise] = source, int(right)
        number = number // len(choices) + number  # another mixture for each student
    return written, deserved
