# %% build_vocabulary
def build_vocabulary(names):
    itos = [".", *sorted({c for name in names for c in name})]
    return [itos, {c: i for i, c in enumerate(itos)}]  # a list of two instead of a tuple

# %% count_bigrams
def count_bigrams(names, stoi):
    V = len(stoi)
    counts = torch.zeros(V, V, dtype=torch.int32)
    if not names:
        return counts
    ids = torch.tensor([stoi[c] for c in "." + ".".join(names) + "."])
    counts.index_put_((ids[:-1], ids[1:]), torch.ones(len(ids) - 1, dtype=torch.int32), accumulate=True)
    return counts

# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    weights = torch.as_tensor(counts).to(torch.float64) + alpha
    weights[weights.sum(1) == 0] = 1.0
    return torch.nn.functional.normalize(weights, p=1, dim=1)

# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    # all n names at once, a column of draws per step
    current = torch.zeros(n, dtype=torch.long)
    alive = torch.ones(n, dtype=torch.bool)
    columns = []
    while alive.any() and (max_len is None or len(columns) < max_len):
        current = torch.multinomial(P[current], 1, generator=generator).squeeze(1)
        alive &= current != 0
        columns.append(torch.where(alive, current, 0))
    if not columns:
        return [[] for _ in range(n)]
    return [[i for i in row if i != 0] for row in torch.stack(columns, dim=1).tolist()]

# %% decode
def decode(ids, itos):
    return "".join([itos[int(i)] for i in torch.as_tensor(ids, dtype=torch.long)])

# %% log_probability
def log_probability(name, P, stoi):
    ids = torch.tensor([0] + [stoi[c] for c in name] + [0])
    return torch.log(P[ids[:-1], ids[1:]].double()).sum()  # 0-d tensor

# %% mean_nll
def mean_nll(names, P, stoi):
    # through the table of counts; 0 * log 0 counts for nothing
    N = torch.as_tensor(count_bigrams(names, stoi)).double()
    return -torch.special.xlogy(N, torch.as_tensor(P).double()).sum() / N.sum()

# %% perplexity
def perplexity(nll):
    return torch.exp(torch.as_tensor(nll, dtype=torch.float64))
