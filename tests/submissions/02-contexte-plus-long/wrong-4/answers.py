# %% table_size
def table_size(V, k):
    return int(math.pow(V, k)), int(math.pow(V, k + 1))

# %% windows
def windows(names, stoi, k):
    X, Y = [], []
    for name in names:
        context = [0] * k
        for ch in name + '.':
            ix = stoi[ch]
            context = context[1:] + [ix]
            X.append(context)
            Y.append(ix)
    return torch.tensor(X), torch.tensor(Y)

# %% ngram_counts
def ngram_counts(names, stoi, k):
    V = len(stoi)
    table = torch.zeros((V,) * (k + 1), dtype=torch.int64)
    for name in names:
        ids = [0] * k + [stoi[c] for c in name] + [0]
        for i in range(len(ids) - k):
            table[tuple(ids[i:i + k + 1])] += 1
    counts = {}
    for ctx in torch.cartesian_prod(*[torch.arange(V)] * k).view(-1, k).tolist():
        counts[tuple(ctx)] = table[tuple(ctx)]
    return counts

# %% ngram_probability
def ngram_probability(counts, context, V, alpha=0.0):
    row = counts.get(context, torch.zeros(V)).float() + alpha
    return row / row.sum()

# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    V = len(stoi)
    means = []
    for name in names:
        ctx, cost = (0,) * k, []
        for c in name + '.':
            row = counts.get(ctx, torch.zeros(V))
            den = row.sum().item() + alpha * V
            p = (row[stoi[c]].item() + alpha) / den if den > 0 else 1 / V
            cost.append(-math.log(p) if p > 0 else math.inf)
            ctx = ctx[1:] + (stoi[c],)
        means.append(sum(cost) / len(cost))
    return sum(means) / len(means)

# %% split_names
def split_names(names, seed, fractions=(0.8, 0.1, 0.1)):
    uniques = sorted(set(names))
    random.seed(seed)
    random.shuffle(uniques)
    n1 = int(0.8 * len(uniques))
    n2 = int(0.9 * len(uniques))
    return uniques[:n1], uniques[n1:n2], uniques[n2:]

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
    lisibles = [nom for nom in val if all(c in stoi for c in nom)]
    return int(np.argmin([note(table, lisibles, stoi, a) for a in grid]))

# %% interpolated_probability
def interpolated_probability(tables, context, V, beta):
    P = torch.full((V,), 1 / V)
    for m in range(1, len(tables) + 1):
        row = tables[m - 1].get(context[-m:], torch.zeros(V))
        P = (row + beta * P) / (row.sum() + beta * V)
    return P
