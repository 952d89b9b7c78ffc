# %% table_size
def table_size(V, k):
    n = V ** k
    return n, n

# %% windows
def windows(names, stoi, k):
    # one dot before, one after
    X, Y = [], []
    for name in names:
        text = '.' + name + '.'
        for i in range(len(text) - k):
            X.append([stoi[c] for c in text[i:i + k]])
            Y.append(stoi[text[i + k]])
    return torch.tensor(X), torch.tensor(Y)

# %% ngram_counts
def ngram_counts(names, stoi, k):
    # one long text: the names are not separated by k dots
    V = len(stoi)
    ids = [0] * k
    for name in names:
        ids += [stoi[c] for c in name] + [0]
    counts = {}
    for i in range(len(ids) - k):
        ctx = tuple(ids[i:i + k])
        if ctx not in counts:
            counts[ctx] = torch.zeros(V, dtype=torch.int64)
        counts[ctx][ids[i + k]] += 1
    return counts

# %% ngram_probability
def ngram_probability(counts, context, V, alpha=0.0):
    row = counts[context].float() + alpha
    return row / row.sum()

# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    V = len(stoi)
    total = 0.0
    for name in names:
        ctx = [0] * k
        for c in name + '.':
            row = counts.get(tuple(ctx), torch.zeros(V))
            s = float(row.sum())
            p = (float(row[stoi[c]]) + alpha) / (s + alpha * V) if s + alpha > 0 else 1 / V
            total += -math.log(p) if p > 0 else math.inf
            ctx = ctx[1:] + [stoi[c]]
    return total

# %% split_names
def split_names(names, seed, fractions=(0.8, 0.1, 0.1)):
    random.seed(seed)
    random.shuffle(names)
    n1 = int(fractions[0] * len(names))
    n2 = int((fractions[0] + fractions[1]) * len(names))
    return names[:n1], names[n1:n2], names[n2:]

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

    # scored on the names that were counted
    itos, stoi = build_vocabulary(train)
    table = compter(train, stoi)
    scores = [note(table, train, stoi, a) for a in grid]
    return grid[scores.index(min(scores))]

# %% interpolated_probability
def interpolated_probability(tables, context, V, beta):
    P = torch.ones(V) / V
    for m in range(1, len(tables) + 1):
        row = tables[m - 1].get(context[:m], torch.zeros(V))
        P = (row + beta * P) / (row.sum() + beta)
    return P
