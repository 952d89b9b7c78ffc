# %% build_vocabulary
def build_vocabulary(names):
    lettres = []
    for prenom in names:
        for lettre in prenom:
            if lettre not in lettres:
                lettres.append(lettre)
    lettres.sort()
    itos = ["."]
    itos.extend(lettres)
    stoi = dict(zip(itos, range(len(itos))))
    return itos, stoi

# %% + after build_vocabulary
# une petite aide que j'utilise partout
def transitions(prenom):
    avant = "."
    for lettre in prenom:
        yield avant, lettre
        avant = lettre
    yield avant, "."

print(list(transitions("léa")))

# %% count_bigrams
def count_bigrams(names, stoi):
    taille = len(stoi)
    tableau = [[0 for _ in range(taille)] for _ in range(taille)]
    for prenom in names:
        for a, b in transitions(prenom):
            tableau[stoi[a]][stoi[b]] += 1
    return torch.tensor(tableau)

# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    lignes = []
    for ligne in counts:
        valeurs = [float(v) + alpha for v in ligne]
        total = sum(valeurs)
        if total == 0:
            lignes.append([1 / len(valeurs)] * len(valeurs))
        else:
            lignes.append([v / total for v in valeurs])
    return torch.tensor(lignes)

# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    from bisect import bisect_right
    from itertools import accumulate

    cumuls = [list(accumulate(ligne)) for ligne in P.double().tolist()]
    resultat = []
    while len(resultat) < n:
        prenom, symbole = [], 0
        while True:
            u = float(torch.rand(1, generator=generator, dtype=torch.float64)) * cumuls[symbole][-1]
            symbole = bisect_right(cumuls[symbole], u)
            if symbole == 0:
                break
            prenom.append(symbole)
            if max_len is not None and len(prenom) == max_len:
                break
        resultat.append(prenom)
    return resultat

# %% decode
def decode(ids, itos):
    mot = ""
    for numero in ids:
        mot += itos[numero]
    return mot

# %% log_probability
def log_probability(name, P, stoi):
    total = 0.0
    for a, b in transitions(name):
        p = float(P[stoi[a]][stoi[b]])
        if p == 0:
            return float("-inf")
        total += math.log(p)
    return total

# %% mean_nll
def mean_nll(names, P, stoi):
    # d'abord un essai, corrigé dans la cellule suivante
    return 0

# %% + after mean_nll
def mean_nll(names, P, stoi):
    somme = 0.0
    nombre = 0
    for prenom in names:
        somme = somme - log_probability(prenom, P, stoi)
        nombre = nombre + len(prenom) + 1
    return somme / nombre

plt.figure(figsize=(3, 2))
plt.plot([len(p) for p in names[:50]])
plt.title("longueurs des prénoms")
plt.show()

# %% perplexity
def perplexity(nll):
    return 2.718281828459045 ** float(nll)
