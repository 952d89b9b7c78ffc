# %% table_size
def table_size(V: int, k: int) -> tuple[int, int]:
    return pow(V, k), V * pow(V, k)

# %% windows
def windows(names, stoi, k):
    pieces = [torch.tensor([0] * k + [stoi[c] for c in name] + [0]).unfold(0, k + 1, 1) for name in names]
    both = torch.cat(pieces)
    return both[:, :-1], both[:, -1]

# %% ngram_counts
def ngram_counts(names, stoi, k):
    X, Y = windows(names, stoi, k)
    V = len(stoi)
    contexts, which = torch.unique(X, dim=0, return_inverse=True)
    table = torch.zeros(len(contexts), V, dtype=torch.int32)
    table.index_put_((which, Y), torch.ones(len(Y), dtype=torch.int32), accumulate=True)
    return {tuple(context.tolist()): row for context, row in zip(contexts, table)}

# %% ngram_probability
def ngram_probability(counts, context, V, alpha=0.0):
    row = [int(c) for c in counts[context]] if context in counts else [0] * V
    total = sum(row) + alpha * V
    return [(c + alpha) / total if total else 1 / V for c in row]

# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    V = len(stoi)
    table, zero = {}, ([0] * V, 0)
    for context, row in counts.items():
        row = torch.as_tensor(row).tolist()
        table[context] = (row, sum(row))
    seen = Counter(((0,) * k + tuple(stoi[c] for c in name) + (0,))[t:t + k + 1] for name in names for t in range(len(name) + 1))
    total = 0.0
    for gram, times in seen.items():
        row, s = table.get(gram[:-1], zero)
        p = (row[gram[-1]] + alpha) / (s + alpha * V) if s + alpha > 0 else 1 / V
        total += times * (math.log(p) if p > 0 else -math.inf)
    return -total / sum(seen.values())

# %% split_names
def split_names(names, seed, fractions=(0.8, 0.1, 0.1)):
    distinct = np.unique(np.array(names))
    order = np.random.default_rng(seed).permutation(len(distinct))
    cuts = np.round(np.cumsum(fractions[:2]) * len(distinct)).astype(int)
    train, val, test = (distinct[part].tolist() for part in np.split(order, cuts))
    return train, val, test

# %% choose_alpha
def choose_alpha(train, val, k, grid):
    stoi = build_vocabulary(train)[1]
    counts = ngram_counts(train, stoi, k)
    readable = []
    for name in val:
        try:
            ngram_nll(counts, [name], stoi, k, 1.0)
            readable.append(name)
        except KeyError:
            pass
    losses = {alpha: ngram_nll(counts, readable, stoi, k, alpha) for alpha in grid}
    return torch.tensor(min(losses, key=losses.get), dtype=torch.float64)

# %% interpolated_probability
def interpolated_probability(tables, context, V, beta):
    law = [1 / V] * V
    for m, table in enumerate(tables, 1):
        row = torch.as_tensor(table.get(tuple(context[-m:]), [0] * V)).tolist()
        law = [(c + beta * p) / (sum(row) + beta) for c, p in zip(row, law)]
    return torch.tensor(law)
