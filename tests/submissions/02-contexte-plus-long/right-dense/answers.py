# %% table_size
table_size = lambda V, k: (V**k, V**k * V)

# %% windows
def windows(names, stoi, k):
    # un seul long texte, puis on jette les fenêtres à cheval
    texte = "".join("." * k + nom + "." for nom in names)
    ids = torch.tensor([stoi[c] for c in texte])
    fenetres = ids.unfold(0, k + 1, 1)
    debuts, place = [], 0
    for nom in names:
        debuts.extend(range(place, place + len(nom) + 1))
        place += k + len(nom) + 1
    fenetres = fenetres[debuts]
    return [fenetres[:, :k], fenetres[:, k]]

# %% ngram_counts
def ngram_counts(names, stoi, k):
    X, Y = windows(names, stoi, k)
    compteur = Counter((tuple(x), y) for x, y in zip(X.tolist(), Y.tolist()))
    table = defaultdict(lambda: torch.zeros(len(stoi), dtype=torch.int64))
    for (x, y), fois in compteur.items():
        table[x][y] = fois
    return dict(table)

# %% ngram_probability
def ngram_probability(counts, context, V, alpha=0.0):
    ligne = torch.zeros(V, dtype=torch.float64)
    if context in counts:
        ligne += counts[context]
    ligne += alpha
    P = ligne / ligne.sum()
    P[P.isnan()] = 1 / V
    return P

# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    from functools import lru_cache

    V = len(stoi)

    @lru_cache(maxsize=None)
    def log_p(contexte):
        return ngram_probability(counts, contexte, V, alpha=alpha).log()

    X, Y = windows(names, stoi, k)
    lp = torch.stack([log_p(tuple(x))[y] for x, y in zip(X.tolist(), Y.tolist())])
    return -lp.mean().item()

# %% split_names
def split_names(names, seed, fractions=(0.8, 0.1, 0.1)):
    liste = sorted(dict.fromkeys(names))
    tirage = np.random.default_rng(seed).random(len(liste))
    train = [nom for nom, u in zip(liste, tirage) if u < fractions[0]]
    val = [nom for nom, u in zip(liste, tirage) if fractions[0] <= u < fractions[0] + fractions[1]]
    test = [nom for nom, u in zip(liste, tirage) if u >= fractions[0] + fractions[1]]
    return train, val, test

# %% choose_alpha
def choose_alpha(train, val, k, grid):
    _, numeros = build_vocabulary(names=train)
    table = ngram_counts(names=train, stoi=numeros, k=k)
    connus = numeros.keys()
    val = [nom for nom in val if connus >= set(nom)]
    notes = [ngram_nll(counts=table, names=val, stoi=numeros, k=k, alpha=alpha) for alpha in grid]
    return grid[int(np.argmin(notes))]

# %% interpolated_probability
def interpolated_probability(tables, context, V, beta):
    P = torch.ones(V) / V
    for m, table in enumerate(tables):
        ligne = table.get(tuple(context)[-(m + 1) :], torch.zeros(V))
        total = float(ligne.sum())
        poids = total / (total + beta)
        if total > 0:
            P = poids * (ligne / total) + (1 - poids) * P
    return P
