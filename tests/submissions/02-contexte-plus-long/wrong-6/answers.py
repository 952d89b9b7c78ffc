# %% table_size
def table_size(V, k):
    return V ** (k + 1)

# %% windows
def windows(names, stoi, k):
    X, Y = [], []
    for name in names:
        ids = [stoi[c] for c in name] + [0]
        for t in range(len(ids)):
            ctx = ids[max(0, t - k):t]
            ctx = ctx + [0] * (k - len(ctx))
            X.append(ctx)
            Y.append(ids[t])
    return torch.tensor(X), torch.tensor(Y)

# %% ngram_counts
def ngram_counts(names, stoi, k):
    counts = {}
    for name in names:
        ids = torch.tensor([0] * k + [stoi[c] for c in name] + [0])
        for i in range(len(ids) - k):
            ctx = tuple(ids[i:i + k])
            if ctx not in counts:
                counts[ctx] = torch.zeros(len(stoi), dtype=torch.int64)
            counts[ctx][ids[i + k]] += 1
    return counts

# %% ngram_probability
def ngram_probability(counts, context, V, alpha=0.0):
    total = sum(row.sum() for row in counts.values())
    if context not in counts:
        return torch.full((V,), 1 / V)
    return (counts[context] + alpha) / (total + alpha * V)

# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    V = len(stoi)
    total, n = 0.0, 0
    for name in names:
        ctx = (0,) * k
        for c in name + '.':
            row = counts.get(ctx, torch.zeros(V))
            den = row.sum().item() + alpha * V
            p = (row[stoi[c]].item() + alpha) / den if den > 0 else 1 / V
            total += -math.log2(p) if p > 0 else math.inf
            n += 1
            ctx = ctx[1:] + (stoi[c],)
    return total / n

# %% split_names
def split_names(names, seed, fractions=(0.8, 0.1, 0.1)):
    uniques = sorted(set(names))
    rng = random.Random(seed)
    return tuple(rng.sample(uniques, round(f * len(uniques))) for f in fractions)

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

    # the test tells which one is really the best
    itos, stoi = build_vocabulary(train)
    table = compter(train, stoi)
    lisibles = [nom for nom in test if set(nom) <= set(stoi)]
    return min(grid, key=lambda a: note(table, lisibles[:500], stoi, a))

# %% interpolated_probability
def interpolated_probability(tables, context, V, beta):
    lois = []
    for m in range(1, len(tables) + 1):
        row = tables[m - 1].get(context[-m:], torch.zeros(V))
        lois.append((row + beta / V) / (row.sum() + beta))
    return sum(lois) / len(lois)
