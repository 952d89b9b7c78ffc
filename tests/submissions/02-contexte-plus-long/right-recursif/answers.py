# %% table_size
def table_size(V, k):
    return [pow(V, k), pow(V, k + 1)]

# %% windows
def windows(names, stoi, k):
    def exemples(reste, contexte):
        if not reste:
            yield contexte, 0
            return
        i = stoi[reste[0]]
        yield contexte, i
        yield from exemples(reste[1:], contexte[1:] + [i])

    tous = [e for nom in names for e in exemples(nom, [0] * k)]
    return torch.LongTensor([c for c, _ in tous]), torch.LongTensor([j for _, j in tous])

# %% ngram_counts
class Table(dict):
    """Un dictionnaire qui compte."""

    def noter(self, contexte, j, V):
        ligne = self.setdefault(contexte, torch.zeros(V, dtype=torch.int64))
        ligne[j] += 1
        return self

def ngram_counts(names, stoi, k):
    from functools import reduce

    V = len(stoi)
    paires = ((tuple(ids[t - k : t]), ids[t]) for nom in names for ids in [[0] * k + [stoi[c] for c in nom] + [0]] for t in range(k, len(ids)))
    return dict(reduce(lambda table, paire: table.noter(*paire, V), paires, Table()))

# %% ngram_probability
from fractions import Fraction

def ngram_probability(counts, context, V, alpha=0.0):
    a = Fraction(alpha)
    ligne = [Fraction(float(c)) + a for c in counts[context]] if context in counts else [a] * V
    total = sum(ligne)
    return torch.tensor([float(c / total) if total else 1 / V for c in ligne])

# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    V = len(stoi)
    memoire = {}
    surprises = []
    for nom in names:
        contexte = (0,) * k
        for c in nom + ".":
            if contexte not in memoire:
                memoire[contexte] = ngram_probability(counts, contexte, V, alpha)
            p = memoire[contexte][stoi[c]]
            surprises.append(-torch.log(p))
            contexte = (contexte + (stoi[c],))[1:]
    return torch.stack(surprises).double().mean().item()

# %% split_names
import hashlib

def split_names(names, seed, fractions=(0.8, 0.1, 0.1)):
    def cle(nom):
        return hashlib.sha256(f"{seed}/{nom}".encode()).hexdigest()

    ordre = sorted(set(names), key=cle)
    n = len(ordre)
    fin_train, fin_val = round(n * fractions[0]), round(n * (fractions[0] + fractions[1]))
    return tuple(ordre[:fin_train]), tuple(ordre[fin_train:fin_val]), tuple(ordre[fin_val:])

# %% choose_alpha
def choose_alpha(train, val, k, grid):
    itos, stoi = build_vocabulary(train)
    counts = ngram_counts(train, stoi, k)
    val = list(filter(lambda nom: set(nom).issubset(itos), val))
    meilleur, note = None, math.inf
    for alpha in sorted(grid):
        nll = ngram_nll(counts, val, stoi, k, alpha)
        if meilleur is None or nll < note:
            meilleur, note = alpha, nll
    return meilleur

# %% interpolated_probability
def interpolated_probability(tables, context, V, beta):
    if not tables:
        return torch.ones(V, dtype=torch.float64) / V
    m = len(tables)
    avant = interpolated_probability(tables[:-1], context, V, beta)
    ligne = tables[-1].get(tuple(context[-m:]))
    if ligne is None:
        return avant
    return (ligne + beta * avant) / (ligne.sum() + beta)
