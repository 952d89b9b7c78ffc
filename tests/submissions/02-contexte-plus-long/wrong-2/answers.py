# %% table_size
def table_size(V, k):
    contexts = V ** k
    return contexts, contexts * contexts

# %% windows
def windows(names, stoi, k):
    X, Y = [], []
    context = [0] * k
    for name in names:
        for ch in name + '.':
            ix = stoi[ch]
            X.append(context)
            Y.append(ix)
            context = context[1:] + [ix]
    return torch.tensor(X), torch.tensor(Y)

# %% ngram_counts
def ngram_counts(names, stoi, k):
    counts = {}
    for name in names:
        padded = '.' * k + name + '.'
        for i in range(k, len(padded)):
            key = padded[i - k:i]
            if key not in counts:
                counts[key] = torch.zeros(len(stoi), dtype=torch.int64)
            counts[key][stoi[padded[i]]] += 1
    return counts

# %% ngram_probability
def ngram_probability(counts, context, V, alpha=0.0):
    k = len(context)
    if context not in counts:
        return torch.full((V,), 1 / V)
    row = counts[context].float()
    return (row + alpha) / (row.sum() + alpha * V ** k)

# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    V = len(stoi)
    losses = []
    for name in names:
        ctx = (0,) * k
        for c in name + '.':
            j = stoi[c]
            if ctx in counts:  # the model knows nothing about the others
                p = (counts[ctx][j].item() + alpha) / (counts[ctx].sum().item() + alpha * V)
                losses.append(-math.log(p) if p > 0 else math.inf)
            ctx = ctx[1:] + (j,)
    return sum(losses) / len(losses)

# %% split_names
def split_names(names, seed, fractions=(0.8, 0.1, 0.1)):
    uniques = sorted(set(names))
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

    # counted on everything, so that no letter is missing
    itos, stoi = build_vocabulary(train + val)
    table = compter(train + val, stoi)
    best, best_alpha = math.inf, None
    for a in grid:
        nll = note(table, val, stoi, a)
        if nll < best:
            best, best_alpha = nll, a
    return best_alpha

# %% interpolated_probability
def interpolated_probability(tables, context, V, beta):
    uniform = torch.full((V,), 1 / V)
    P = uniform
    for m, table in enumerate(tables, start=1):
        row = table.get(context[-m:], torch.zeros(V))
        P = (row + beta * uniform) / (row.sum() + beta)
    return P
