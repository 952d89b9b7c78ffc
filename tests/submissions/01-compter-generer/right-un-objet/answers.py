# %% build_vocabulary
class Modele:
    """Tout dans un objet, parce que c'est plus joli."""

    def vocabulaire(self, names):
        itos = sorted({".", *"".join(names)}, key=lambda s: (s != ".", s))
        return itos, {s: itos.index(s) for s in itos}

    def compter(self, names, stoi):
        V = len(stoi)
        gauche = [stoi[s] for nom in names for s in "." + nom]
        droite = [stoi[s] for nom in names for s in nom + "."]
        A = torch.nn.functional.one_hot(torch.tensor(gauche, dtype=torch.long), V).double()
        B = torch.nn.functional.one_hot(torch.tensor(droite, dtype=torch.long), V).double()
        return (A.T @ B).round().long()

    def normaliser(self, counts, alpha=0.0):
        N = torch.as_tensor(counts, dtype=torch.float64) + alpha
        Z = N.sum(1)
        P = torch.einsum("ij,i->ij", N, 1 / Z.clamp(min=1e-300))
        P[Z == 0] = 1 / N.shape[1]
        return P


modele = Modele()
build_vocabulary = modele.vocabulaire

# %% count_bigrams
count_bigrams = modele.compter

# %% normalize_rows
normalize_rows = modele.normaliser

# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    cumul = P.double().cumsum(1)
    cumul = cumul / cumul[:, -1:]
    etat = torch.zeros(n, dtype=torch.long)
    vivants = torch.ones(n, dtype=torch.bool)
    noms = [[] for _ in range(n)]
    t = 0
    while vivants.any() and (max_len is None or t < max_len):
        u = torch.rand(n, 1, generator=generator, dtype=torch.float64)
        etat = torch.searchsorted(cumul[etat], u, right=True)[:, 0].clamp(max=len(P) - 1)
        vivants &= etat != 0
        for i in vivants.nonzero()[:, 0].tolist():
            noms[i].append(etat[i].item())
        t += 1
    return noms

# %% decode
decode = lambda ids, itos: "".join(map(itos.__getitem__, ids))

# %% log_probability
def log_probability(name, P, stoi):
    i = [stoi[s] for s in f".{name}."]
    p = np.asarray(P, dtype=np.float64)[i[:-1], i[1:]]
    with np.errstate(divide="ignore"):
        return np.log2(p).sum() * np.log(2)

# %% mean_nll
mean_nll = lambda names, P, stoi: -sum(log_probability(nom, P, stoi) for nom in names) / len("".join(names) + "." * len(names))

# %% perplexity
perplexity = lambda nll: math.e**nll
