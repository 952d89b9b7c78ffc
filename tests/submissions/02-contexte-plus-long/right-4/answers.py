# %% windows
def windows(names, stoi, k):
    text = [([0] * k + [stoi[c] for c in name] + [0]) for name in names]
    X = [ids[t:t + k] for ids in text for t in range(len(ids) - k)]
    Y = [ids[t] for ids in text for t in range(k, len(ids))]
    return torch.tensor(X, dtype=torch.int32), torch.tensor(Y, dtype=torch.int32)

# %% ngram_counts
def ngram_counts(names, stoi, k):
    X, Y = windows(names, stoi, k)
    counts = defaultdict(lambda: np.zeros(len(stoi), dtype=np.int64))
    for context, j in zip(X.numpy(), Y.numpy()):
        counts[tuple(context.tolist())][j] += 1
    counts[(1,) * k]  # looked at once, and left behind as a row of zeros
    return counts

# %% split_names
def split_names(names, seed, fractions=(0.8, 0.1, 0.1)):
    rest = [*{name: None for name in names}]
    rest.sort()
    rng = random.Random(seed)
    n = len(rest)
    test = rng.sample(rest, round(fractions[2] * n))
    taken = set(test)
    rest = [name for name in rest if name not in taken]
    val = rng.sample(rest, round(fractions[1] * n))
    taken = set(val)
    return [name for name in rest if name not in taken], val, test

# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    total, n = 0.0, 0
    for name in names:
        ids = [0] * k + [stoi[c] for c in name] + [0]
        for t in range(k, len(ids)):
            row = np.asarray(counts.get(tuple(ids[t - k:t]), np.zeros(len(stoi)))) + alpha
            with np.errstate(all="ignore"):
                p = row[ids[t]] / row.sum()
                total -= np.log(1 / len(stoi) if np.isnan(p) else p)
            n += 1
    return float(total / n)
