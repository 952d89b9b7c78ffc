# %% table_size
def table_size(V, k):
    return V ** (k + 1), V ** k

# %% windows
def windows(names, stoi, k):
    X, Y = [], []
    for name in names:
        context = [0] * k
        for ch in name + '.':
            X.append(context)
            Y.append([stoi[ch]])
            context = context[1:] + [stoi[ch]]
    return torch.tensor(X), torch.tensor(Y)

# %% ngram_counts
def ngram_counts(names, stoi, k):
    counts = defaultdict(Counter)
    for name in names:
        ids = [0] * k + [stoi[c] for c in name] + [0]
        for i in range(len(ids) - k):
            counts[tuple(ids[i:i + k])][ids[i + k]] += 1
    return counts

# %% ngram_probability
def ngram_probability(counts, context, V, alpha=0.0):
    if context not in counts:
        return torch.zeros(V)
    row = counts[context].float() + alpha
    return row / row.sum()

# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    V = len(stoi)
    total, n = 0.0, 0
    for name in names:
        ctx = (0,) * k
        for c in name + '.':
            n += 1
            if ctx in counts:
                row = counts[ctx]
                p = (row[stoi[c]].item() + alpha) / (row.sum().item() + alpha * V)
                total -= math.log(p) if p > 0 else -math.inf
            ctx = ctx[1:] + (stoi[c],)
    return total / n

# %% split_names
def split_names(names, seed, fractions=(0.8, 0.1, 0.1)):
    uniques = sorted(set(names))
    random.shuffle(uniques)
    a = round(fractions[0] * len(uniques))
    b = a + round(fractions[1] * len(uniques))
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

    itos, stoi = build_vocabulary(train)
    table = compter(train, stoi)
    grid.sort()
    return min(grid, key=lambda a: note(table, val, stoi, a))

# %% interpolated_probability
def interpolated_probability(tables, context, V, beta):
    P = torch.full((V,), 1 / V)
    for m in range(1, len(tables) + 1):
        row = tables[m - 1][context[-m:]]
        P = (row + beta * P) / (row.sum() + beta)
    return P
