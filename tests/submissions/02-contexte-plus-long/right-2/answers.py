# %% table_size
def table_size(V, k):
    return int(np.prod([V] * k, dtype=object)), int(np.prod([V] * (k + 1), dtype=object))

# %% windows
def windows(names, stoi, k):
    X, Y = [], []
    for w in names:
        context = [0] * k
        for ch in w + '.':
            ix = stoi[ch]
            X.append(context)
            Y.append(ix)
            context = context[1:] + [ix]
    return torch.tensor(X), torch.tensor(Y)

# %% ngram_counts
def ngram_counts(names, stoi, k):
    counts = defaultdict(lambda: torch.zeros(len(stoi)))
    X, Y = windows(names, stoi, k)
    for ctx, j in zip(X.tolist(), Y.tolist()):
        counts[tuple(ctx)][j] += 1
    return dict(counts)

# %% ngram_probability
def ngram_probability(counts, context, V, alpha=0.0):
    N = torch.zeros(V)
    if context in counts:
        N = counts[context].clone().float()
    N += alpha
    return torch.nan_to_num(N / N.sum(), nan=1 / V)

# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    log_likelihood = 0.0
    n = 0
    for w in names:
        context = [0] * k
        for ch in w + '.':
            ix = stoi[ch]
            P = ngram_probability(counts, tuple(context), len(stoi), alpha)
            log_likelihood += torch.log(P[ix])
            n += 1
            context = context[1:] + [ix]
    return -log_likelihood / n

# %% split_names
def split_names(names, seed, fractions=(0.8, 0.1, 0.1)):
    distinct = sorted(dict.fromkeys(names))
    g = torch.Generator().manual_seed(seed)
    perm = torch.randperm(len(distinct), generator=g).tolist()
    n1 = int(len(distinct) * fractions[0])
    n2 = int(len(distinct) * (fractions[0] + fractions[1]))
    parts = [perm[:n1], perm[n1:n2], perm[n2:]]
    return [[distinct[i] for i in part] for part in parts]

# %% choose_alpha
def choose_alpha(train, val, k, grid):
    _, stoi = build_vocabulary(train)
    counts = ngram_counts(train, stoi, k)
    seen = set(''.join(train))
    val = [w for w in val if set(w) <= seen]
    best, best_alpha = None, None
    for alpha in sorted(grid):
        loss = ngram_nll(counts, val, stoi, k, alpha)
        if best is None or loss < best:
            best, best_alpha = loss, alpha
    return best_alpha

# %% interpolated_probability
def interpolated_probability(tables, context, V, beta):
    P = torch.ones(V) / V
    m = 0
    while m < len(tables):
        suffix = context[len(context) - m - 1:]
        if suffix in tables[m]:
            N = tables[m][suffix].float()
            lam = N.sum() / (N.sum() + beta)
            P = lam * N / N.sum() + (1 - lam) * P
        m += 1
    return P
