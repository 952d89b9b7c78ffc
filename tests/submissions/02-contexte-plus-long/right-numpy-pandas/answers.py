# %% table_size
def table_size(V, k):
    contextes = 1
    for _ in range(k):
        contextes *= V
    return (contextes, contextes * V)

# %% windows
from numpy.lib.stride_tricks import sliding_window_view

def windows(names, stoi, k):
    morceaux = []
    for nom in names:
        suite = np.array([0] * k + [stoi[c] for c in nom] + [0])
        morceaux.append(sliding_window_view(suite, k + 1))
    tout = np.concatenate(morceaux)
    return tout[:, :-1].copy(), tout[:, -1].copy()

# %% + after windows
X_essai, Y_essai = windows(["emma"], {".": 0, "e": 1, "m": 2, "a": 3}, 2)
for x, y in zip(X_essai, Y_essai):
    print(x, "->", y)

# %% ngram_counts
import pandas as pd

def ngram_counts(names, stoi, k):
    lignes = {}
    for nom in names:
        mot = "." * k + nom + "."
        for i in range(k, len(mot)):
            cle = tuple(stoi[c] for c in mot[i - k : i])
            if cle not in lignes:
                lignes[cle] = np.zeros(len(stoi), dtype=np.int32)
            lignes[cle][stoi[mot[i]]] += 1
    return lignes

# %% ngram_probability
def ngram_probability(counts, context, V, alpha=0.0):
    try:
        ligne = np.asarray(counts[context], dtype=float)
    except KeyError:
        ligne = np.zeros(V)
    poids = ligne + alpha
    if poids.sum() == 0:
        poids = np.ones(V)
    return poids / poids.sum()

# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    exemples = pd.DataFrame([(("." * k + nom + ".")[i : i + k], ("." * k + nom + ".")[i + k]) for nom in names for i in range(len(nom) + 1)], columns=["contexte", "suivant"])
    total = 0.0
    for contexte, groupe in exemples.groupby("contexte", sort=False):
        p = ngram_probability(counts, tuple(stoi[c] for c in contexte), len(stoi), alpha)
        with np.errstate(divide="ignore"):
            total += np.log(p)[[stoi[c] for c in groupe["suivant"]]].sum()
    return float(-total / len(exemples))

# %% split_names
def split_names(names, seed, fractions=(0.8, 0.1, 0.1)):
    uniques = np.unique(np.array(names, dtype=str))
    np.random.RandomState(seed).shuffle(uniques)
    a = int(fractions[0] * len(uniques))
    b = a + int(fractions[1] * len(uniques))
    return uniques[:a].tolist(), uniques[a:b].tolist(), uniques[b:].tolist()

# %% choose_alpha
def choose_alpha(train, val, k, grid):
    lettres = set("".join(train))
    stoi = {s: i for i, s in enumerate(["."] + sorted(lettres))}
    table = ngram_counts(train, stoi, k)
    lisibles = [nom for nom in val if all(c in lettres for c in nom)]
    notes = pd.Series({a: ngram_nll(table, lisibles, stoi, k, a) for a in grid})
    return float(notes.idxmin())

# %% interpolated_probability
def interpolated_probability(tables, context, V, beta):
    p = np.full(V, 1 / V)
    for m in range(1, len(tables) + 1):
        cle = tuple(context[len(context) - m :])
        n = np.array(tables[m - 1][cle], dtype=float) if cle in tables[m - 1] else np.zeros(V)
        p = (n + beta * p) / (n.sum() + beta)
    return p
