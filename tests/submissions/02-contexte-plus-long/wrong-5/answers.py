# %% table_size
def table_size(V, k):
    contexts = V ** (k + 1)
    return contexts, contexts * V

# %% windows
def windows(names, stoi, k):
    X, Y = [], []
    for name in names:
        context = [0] * k
        for ch in name + '.':
            ix = stoi[ch]
            X.append(context)
            Y.append(ix)
            context = [ix] + context[:-1]
    return torch.tensor(X), torch.tensor(Y)

# %% ngram_counts
def ngram_counts(names, stoi, k):
    counts = {}
    for name in names:
        ids = [0] + [stoi[c] for c in name] + [0]
        for i in range(len(ids) - k):
            ctx = tuple(ids[i:i + k])
            if ctx not in counts:
                counts[ctx] = [0] * len(stoi)
            counts[ctx][ids[i + k]] += 1
    return {c: torch.tensor(r) for c, r in counts.items()}

# %% ngram_probability
def ngram_probability(counts, context, V, alpha=0.0):
    if context not in counts:
        counts[context] = torch.zeros(V)
    counts[context] = counts[context] + alpha
    total = counts[context].sum()
    if total == 0:
        return torch.ones(V) / V
    return counts[context] / total

# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    V = len(stoi)
    total, n = 0.0, 0
    for name in names:
        ctx = (0,) * k
        for c in name + '.':
            if ctx not in counts:
                return math.inf
            p = (counts[ctx][stoi[c]].item() + alpha) / (counts[ctx].sum().item() + alpha * V)
            if p == 0:
                return math.inf
            total -= math.log(p)
            n += 1
            ctx = ctx[1:] + (stoi[c],)
    return total / n

# %% split_names
def split_names(names, seed, fractions=(0.8, 0.1, 0.1)):
    uniques = sorted(set(names))
    rng = random.Random(seed)
    rng.shuffle(uniques)
    n = len(uniques)
    n_train, n_val, n_test = int(fractions[0] * n), int(fractions[1] * n), int(fractions[2] * n)
    return uniques[:n_train], uniques[n_train:n_train + n_val], uniques[n_train + n_val:n_train + n_val + n_test]

# %% choose_alpha
def choose_alpha(train, val, k, grid):
    def compter(liste, stoi):
        table = {}
        for nom in liste:
            ctx = (0,) * k
            for c in nom + ".":
                if ctx not in table:
                    table[ctx] = [0] * len(stoi)
                table[ctx][stoi[c]] += 1
                ctx = ctx[1:] + (stoi[c],)
        return table

    def note(table, liste, stoi, a):
        total, n = 0.0, 0
        for nom in liste:
            ctx = (0,) * k
            for c in nom + ".":
                ligne = table.get(ctx, [0] * len(stoi))
                total -= math.log((ligne[stoi[c]] + a) / (sum(ligne) + a * len(stoi)))
                n += 1
                ctx = ctx[1:] + (stoi[c],)
        return total / n

    itos, stoi = build_vocabulary(train)
    table = compter(train, stoi)
    val = [nom for nom in val if set(nom) <= set(stoi)]
    best, best_alpha = -1.0, grid[0]
    for a in grid:
        score = note(table, val, stoi, a)
        if score > best:
            best, best_alpha = score, a
    return best_alpha

# %% interpolated_probability
def interpolated_probability(tables, context, V, beta):
    P = torch.full((V,), 1 / V)
    for m in range(len(tables), 0, -1):
        row = tables[m - 1].get(context[-m:], torch.zeros(V))
        P = (row + beta * P) / (row.sum() + beta)
    return P
