# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    V, total, n = len(stoi), 0.0, 0
    for name in names:
        ids = [0] * k + [stoi[c] for c in name if c in stoi] + [0]
        for i in range(len(ids) - k):
            c = tuple(ids[i:i + k])
            N = counts[c].tolist() if c in counts else [0] * V
            d = sum(N) + alpha * V
            p = (N[ids[i + k]] + alpha) / d if d else 1 / V
            total += -math.log(p) if p > 0 else math.inf
            n += 1
    return total / n


# %% choose_alpha
def _nll(table, names, stoi, k, alpha):
    total, n = 0.0, 0
    for name in names:
        ids = [0] * k + [stoi[c] for c in name if c in stoi] + [0]
        for i in range(len(ids) - k):
            r = table.get(tuple(ids[i:i + k]))
            a, s = (r[ids[i + k]].item(), r.sum().item()) if r is not None else (0, 0)
            total -= math.log((a + alpha) / (s + alpha * len(stoi)))
            n += 1
    return total / n
def choose_alpha(train, val, k, grid):
    _, stoi = build_vocabulary(train)
    table = {}
    for name in train:
        ids = [0] * k + [stoi[c] for c in name] + [0]
        for i in range(len(ids) - k):
            table.setdefault(tuple(ids[i:i + k]), torch.zeros(len(stoi)))[ids[i + k]] += 1
    return min(grid, key=lambda a: _nll(table, val, stoi, k, a))
