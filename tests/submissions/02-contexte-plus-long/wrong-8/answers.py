# %% table_size
def table_size(V, k):
    print(V ** k, V ** (k + 1))

# %% windows
def windows(names, stoi, k):
    X, Y = [], []
    for name in names:
        ids = [0] * k + [stoi[c] for c in name] + [0]
        for i in range(len(name) + 1):
            X.append(ids[i:i + k])
            Y.append(ids[i + k - 1])
    return torch.tensor(X), torch.tensor(Y)

# %% ngram_counts
def ngram_counts(names, stoi, k):
    counts = {}
    X, Y = [], []
    for name in names:
        ids = [0] * k + [stoi[c] for c in name] + [0]
        for i in range(len(ids) - k):
            ctx = tuple(ids[i:i + k])
            counts.setdefault(ctx, torch.zeros(len(stoi)))[ids[i + k]] += 1
    return {ctx: row / row.sum() for ctx, row in counts.items()}

# %% ngram_probability
def ngram_probability(counts, context, V, alpha=0.0):
    row = counts.get(context, torch.zeros(V)) + 1.0
    return row / row.sum()

# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    V = len(stoi)
    total = 0.0
    for name in names:
        ctx = (0,) * k
        for c in name + '.':
            row = counts.get(ctx, torch.zeros(V))
            den = row.sum().item() + alpha * V
            p = (row[stoi[c]].item() + alpha) / den if den > 0 else 1 / V
            total += -math.log(p) if p > 0 else math.inf
            ctx = ctx[1:] + (stoi[c],)
    return total / sum(len(name) for name in names)

# %% split_names
def split_names(names, seed, fractions=(0.8, 0.1, 0.1)):
    g = torch.Generator().manual_seed(seed)
    order = torch.randperm(len(names), generator=g).tolist()
    shuffled = [names[i] for i in order]
    a = round(fractions[0] * len(names))
    b = a + round(fractions[1] * len(names))
    return shuffled[:a], shuffled[a:b], shuffled[b:]

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
    lisibles = [nom for nom in val if set(nom) <= set(stoi)]
    return min(note(table, lisibles, stoi, a) for a in grid)

# %% interpolated_probability
def interpolated_probability(tables, context, V, beta):
    P = torch.full((V,), 1 / V)
    for m in range(1, len(tables) + 1):
        row = tables[m - 1].get(context[-m:], torch.zeros(V))
        if row.sum() > 0:
            P = 0.5 * row / row.sum() + 0.5 * P
    return P
