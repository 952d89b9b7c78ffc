# %% build_vocabulary
def build_vocabulary(names):
    itos = ["."] + sorted({c for name in names for c in name})
    return itos, {s: i for i, s in enumerate(itos)}

# %% count_bigrams
def count_bigrams(names, stoi):
    paires = [(stoi[a], stoi[b]) for name in names for a, b in zip("." + name, name + ".")]
    return torch.tensor([[sum(1 for p in ligne if p == j) for j in range(len(stoi))] for ligne in [[b for a, b in paires if a == i] for i in range(len(stoi))]])

# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    lignes = [[float(c) + alpha for c in ligne] for ligne in counts]
    return torch.tensor([[x / sum(l) for x in l] if sum(l) > 0 else [1 / len(l) for _ in l] for l in lignes])

# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    def suivant(i):
        return int(torch.multinomial(P[i], 1, generator=generator))

    def un_prenom():
        ids, i = [], suivant(0)
        while i != 0 and len(ids) != max_len:
            ids, i = ids + [i], suivant(i)
        return ids

    return [un_prenom() for _ in range(n)]

# %% decode
def decode(ids, itos):
    return "".join([itos[i] for i in ids])

# %% log_probability
def log_probability(name, P, stoi):
    probas = [float(P[stoi[a], stoi[b]]) for a, b in zip("." + name, name + ".")]
    return sum([math.log(p) for p in probas]) if all(probas) else -math.inf

# %% mean_nll
def mean_nll(names, P, stoi):
    if not names:
        raise ValueError("aucun prénom")
    return sum([-log_probability(name, P, stoi) for name in names]) / sum([len(name) + 1 for name in names])

# %% perplexity
def perplexity(nll):
    return math.e**nll
