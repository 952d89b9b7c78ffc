# %% table_size
def table_size(V, k):
    return V * k, V * k * V

# %% windows
def windows(names, stoi, k):
    X, Y = [], []
    for name in names:
        context = [0] * k
        for ch in name:
            ix = stoi[ch]
            X.append(context)
            Y.append(ix)
            context = context[1:] + [ix]
    return torch.tensor(X), torch.tensor(Y)

# %% ngram_counts
def ngram_counts(names, stoi, k):
    counts = {}
    for name in names:
        ids = [0] * k + [stoi[c] for c in name] + [0]
        for i in range(len(ids) - k):
            ctx = tuple(ids[i:i + k])
            counts.setdefault(ctx, torch.zeros(len(stoi), dtype=torch.long))[ids[i + k]] = 1
    return counts

# %% ngram_probability
def ngram_probability(counts, context, V, alpha=0.0):
    row = counts.get(context, torch.zeros(V)).float()
    if row.sum() == 0:
        return torch.ones(V) / V
    return row / row.sum() + alpha

# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    V = len(stoi)
    total, n = 0.0, 0
    for name in names:
        ctx = (0,) * k
        for c in name:
            row = counts.get(ctx, torch.zeros(V))
            den = float(row.sum()) + alpha * V
            p = (float(row[stoi[c]]) + alpha) / den if den > 0 else 1 / V
            if p == 0:
                return math.inf
            total += math.log(p)
            n += 1
            ctx = ctx[1:] + (stoi[c],)
    return -total / n

# %% split_names
def split_names(names, seed, fractions=(0.8, 0.1, 0.1)):
    uniques = list(set(names))
    random.Random(seed).shuffle(uniques)
    a = int(fractions[0] * len(uniques))
    b = int((fractions[0] + fractions[1]) * len(uniques))
    return uniques[:a], uniques[a:b], uniques[b:]

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

    # all the letters, so that no name is left out
    itos, stoi = build_vocabulary(train + val)
    table = compter(train, stoi)
    return min(grid, key=lambda a: note(table, val, stoi, a))

# %% interpolated_probability
def interpolated_probability(tables, context, V, beta):
    P = torch.full((V,), 1 / V)
    for m in range(1, len(tables) + 1):
        row = tables[m - 1].get(context[-m:], torch.zeros(V)).float()
        if row.sum() > 0:
            P = (row + beta * P) / row.sum()
    return P
