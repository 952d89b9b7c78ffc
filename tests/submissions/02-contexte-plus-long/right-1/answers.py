# %% table_size
def table_size(V, k):
    contexts = 1
    for _ in range(k):
        contexts = contexts * V
    return [contexts, contexts * V]

# %% windows
def windows(names, stoi, k):
    n = sum(len(name) + 1 for name in names)
    X = np.zeros((n, k), dtype=np.int32)
    Y = np.zeros(n, dtype=np.int32)
    i = 0
    for name in names:
        ids = [0] * k + [stoi[c] for c in name] + [0]
        for t in range(k, len(ids)):
            X[i] = ids[t - k:t]
            Y[i] = ids[t]
            i += 1
    return X, Y

# %% ngram_counts
def ngram_counts(names, stoi, k):
    counts = {}
    for name in names:
        ids = [0] * k + [stoi[c] for c in name] + [0]
        for t in range(k, len(ids)):
            ctx = tuple(ids[t - k:t])
            if ctx not in counts:
                counts[ctx] = [0] * len(stoi)
            counts[ctx][ids[t]] += 1
    return counts

# %% ngram_probability
def ngram_probability(counts, context, V, alpha=0.0):
    if context in counts:
        row = np.array(counts[context], dtype=float)
    else:
        row = np.zeros(V)
    if row.sum() + alpha == 0:
        return np.ones(V) / V
    return (row + alpha) / (row.sum() + alpha * V)

# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    X, Y = windows(names, stoi, k)
    costs = []
    for i in range(len(Y)):
        P = ngram_probability(counts, tuple(X[i].tolist()), len(stoi), alpha)
        p = P[Y[i]]
        costs.append(-np.log(p) if p > 0 else np.inf)
    return np.mean(costs)

# %% split_names
import hashlib


def split_names(names, seed, fractions=(0.8, 0.1, 0.1)):
    # each name goes where its own hash says, whatever the others are
    train, val, test = [], [], []
    for name in sorted(set(names)):
        u = int(hashlib.sha256(f"{seed}-{name}".encode()).hexdigest(), 16) / 2**256
        if u < fractions[0]:
            train.append(name)
        elif u < fractions[0] + fractions[1]:
            val.append(name)
        else:
            test.append(name)
    return train, val, test

# %% choose_alpha
def choose_alpha(train, val, k, grid):
    itos, stoi = build_vocabulary(train)
    counts = ngram_counts(train, stoi, k)
    ok = []
    for name in val:
        if all(c in stoi for c in name):
            ok.append(name)
    losses = [ngram_nll(counts, ok, stoi, k, a) for a in grid]
    return grid[int(np.argmin(losses))]

# %% interpolated_probability
def interpolated_probability(tables, context, V, beta):
    # recursive, from the longest to the shortest
    if not tables:
        return np.full(V, 1 / V)
    shorter = interpolated_probability(tables[:-1], context, V, beta)
    m = len(tables)
    row = np.array(tables[-1].get(context[len(context) - m:], np.zeros(V)), dtype=float)
    return (row + beta * shorter) / (row.sum() + beta)
