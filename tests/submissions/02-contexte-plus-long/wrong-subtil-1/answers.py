# %% table_size
def table_size(V, k):
    return int(math.pow(V, k)), int(math.pow(V, k + 1))
# %% windows
def windows(names, stoi, k):
    X, Y = [], []
    for name in names:
        context = [0] * k
        for ch in name + ".":
            if ch not in stoi:
                continue
            X.append(context)
            Y.append(stoi[ch])
            context = context[1:] + [stoi[ch]]
    return torch.tensor(X), torch.tensor(Y)
# %% ngram_probability
def ngram_probability(counts, context, V, alpha=0.0):
    V = len(next(iter(counts.values())))
    row = counts.get(context, torch.zeros(V)) + alpha
    if row.sum() == 0:
        return torch.full((V,), 1 / V)
    return row / row.sum()
# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    V = len(stoi)
    total, n = 0.0, 0
    for name in names:
        context = (0,) * k
        for ch in name + ".":
            j = stoi[ch]
            if context in counts or alpha > 0:
                row = counts.get(context, torch.zeros(V)) + alpha
                total -= torch.log(row[j] / row.sum()).item()
                n += 1
            context = context[1:] + (j,)
    return total / n
# %% split_names
def split_names(names, seed, fractions=(0.8, 0.1, 0.1)):
    liste = sorted(set(names))
    random.Random(seed).shuffle(liste)
    n1 = int(0.8 * len(liste))
    n2 = int(0.9 * len(liste))
    return liste[:n1], liste[n1:n2], liste[n2:]
# %% choose_alpha
def choose_alpha(train, val, k, grid):
    itos, stoi = build_vocabulary(train + val)
    counts = ngram_counts(train, stoi, k)
    best, best_nll = None, math.inf
    for alpha in grid:
        nll = ngram_nll(counts, val, stoi, k, alpha)
        if nll < best_nll:
            best, best_nll = alpha, nll
    return best
# %% interpolated_probability
def interpolated_probability(tables, context, V, beta):
    P0 = torch.full((V,), 1 / V)
    N1 = tables[0].get(context[-1:], torch.zeros(V))
    P1 = (N1 + beta * P0) / (N1.sum() + beta)
    if len(tables) == 1:
        return P1
    N2 = tables[1].get(context[-2:], torch.zeros(V))
    return (N2 + beta * P1) / (N2.sum() + beta)
