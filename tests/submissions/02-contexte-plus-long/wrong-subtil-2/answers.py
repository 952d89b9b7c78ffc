# %% windows
def windows(names, stoi, k):
    n = sum(len(name) + 1 for name in names)
    X = torch.zeros((n, k))
    Y = torch.zeros(n)
    i = 0
    for name in names:
        ids = [0] * k + [stoi[c] for c in name + "."]
        for t in range(len(name) + 1):
            X[i] = torch.tensor(ids[t : t + k])
            Y[i] = ids[t + k]
            i += 1
    return X, Y
# %% ngram_counts
def ngram_counts(names, stoi, k, counts={}):
    V = len(stoi)
    for name in names:
        ids = [0] * k + [stoi[c] for c in name + "."]
        for t in range(k, len(ids)):
            context = tuple(ids[t - k : t])
            counts.setdefault(context, torch.zeros(V, dtype=torch.int64))
            counts[context][ids[t]] += 1
    return counts
# %% ngram_probability
def ngram_probability(counts, context, V, alpha=0.0):
    if context not in counts:
        return torch.full((V,), 1 / V)
    row = counts[context].float()
    if (row == 0).any():
        row = row + alpha
    return row / row.sum()
# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    V = len(stoi)
    notes = []
    for name in names:
        ids = [0] * k + [stoi[c] for c in name + "."]
        s = 0.0
        for t in range(k, len(ids)):
            P = counts.get(tuple(ids[t - k : t]), torch.zeros(V)) + alpha
            P = P / P.sum() if P.sum() > 0 else torch.full((V,), 1 / V)
            s -= torch.log(P[ids[t]]).item()
        notes.append(s / (len(name) + 1))
    return sum(notes) / len(notes)
# %% split_names
def split_names(names, seed, fractions=(0.8, 0.1, 0.1)):
    liste = sorted(set(names))
    rng = random.Random(seed)
    rng.shuffle(liste)
    n = len(liste)
    n_train, n_val, n_test = [int(f * n) for f in fractions]
    return liste[:n_train], liste[n_train : n_train + n_val], liste[n_train + n_val : n_train + n_val + n_test]
# %% choose_alpha
def choose_alpha(train, val, k, grid):
    itos, stoi = build_vocabulary(train)
    val = ["".join(c for c in name if c in stoi) for name in val]
    counts = {}
    for name in train:
        ids = [0] * k + [stoi[c] for c in name + "."]
        for t in range(k, len(ids)):
            counts.setdefault(tuple(ids[t - k : t]), torch.zeros(len(stoi)))[ids[t]] += 1
    def nll(alpha):
        s, n = 0.0, 0
        for name in val:
            ids = [0] * k + [stoi[c] for c in name + "."]
            for t in range(k, len(ids)):
                row = counts.get(tuple(ids[t - k : t]), torch.zeros(len(stoi))) + alpha
                s -= torch.log(row[ids[t]] / row.sum()).item()
                n += 1
        return s / n
    return min(grid, key=nll)
# %% interpolated_probability
def interpolated_probability(tables, context, V, beta):
    P = torch.full((V,), 1 / V)
    for m in range(1, len(context) + 1):
        N = tables[m - 1].setdefault(context[-m:], torch.zeros(V, dtype=torch.int64))
        P = (N + beta * P) / (N.sum() + beta)
    return P
