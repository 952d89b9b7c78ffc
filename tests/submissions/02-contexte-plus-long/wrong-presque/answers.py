# %% table_size
def table_size(V, k):
    return V ** (k - 1), V**k

# %% windows
def windows(names, stoi, k):
    X, Y = [], []
    for nom in names:
        contexte = [0] * k
        for c in nom + ".":
            contexte = contexte[1:] + [stoi[c]]
            X.append(contexte)
            Y.append(stoi[c])
    return torch.tensor(X), torch.tensor(Y)

# %% ngram_counts
def ngram_counts(names, stoi, k):
    table = {}
    for nom in names:
        mot = "." * k + nom + "."
        for t in range(k, len(mot)):
            cle = tuple(stoi[c] for c in reversed(mot[t - k : t]))
            table.setdefault(cle, torch.zeros(len(stoi), dtype=torch.int64))[stoi[mot[t]]] += 1
    return table

# %% ngram_probability
def ngram_probability(counts, context, V, alpha=0.0):
    if context not in counts:
        return torch.zeros(V)
    ligne = counts[context].float() + alpha
    return ligne / ligne.sum()

# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    V = len(stoi)
    total = 0.0
    for nom in names:
        contexte = (0,) * k
        for c in nom + ".":
            p = (counts.get(contexte, torch.zeros(V)).double() + alpha)
            p = p / p.sum() if p.sum() > 0 else torch.full((V,), 1 / V)
            total -= float(torch.log(p[stoi[c]]))
            contexte = (*contexte[1:], stoi[c])
    return total / len(names)

# %% split_names
def split_names(names, seed, fractions=(0.8, 0.1, 0.1)):
    liste = sorted(set(names))
    random.Random(seed).shuffle(liste)
    n = len(liste)
    a, b = int(fractions[0] * n), int(fractions[1] * n)
    return liste[:a], liste[a : a + b], liste[b:]

# %% choose_alpha
def choose_alpha(train, val, k, grid):
    _, stoi = build_vocabulary(train)
    table = ngram_counts(train, stoi, k)
    return min(grid, key=lambda alpha: ngram_nll(table, train, stoi, k, alpha))

# %% interpolated_probability
def interpolated_probability(tables, context, V, beta):
    P = torch.full((V,), 1 / V)
    for table in tables:
        ligne = table.get(context, torch.zeros(V))
        P = (ligne + beta * P) / (ligne.sum() + beta)
    return P
