# %% build_vocabulary
import pandas as pd

def build_vocabulary(names):
    lettres = pd.Series(list("".join(names)), dtype=object).drop_duplicates().sort_values().tolist()
    itos = ["."] + lettres
    return itos, {v: k for k, v in enumerate(itos)}

# %% count_bigrams
def count_bigrams(names, stoi):
    paires = pd.DataFrame([(stoi[a], stoi[b]) for nom in names for a, b in zip("." + nom, nom + ".")], columns=["de", "vers"])
    t = pd.crosstab(paires["de"], paires["vers"]) if len(paires) else pd.DataFrame()
    t = t.reindex(index=range(len(stoi)), columns=range(len(stoi)), fill_value=0)
    return t.fillna(0).to_numpy().astype(int)

# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    t = pd.DataFrame(np.array(counts, dtype=float)) + alpha
    return t.div(t.sum(axis=1), axis=0).fillna(1 / len(t)).to_numpy()

# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    graine = int(torch.randint(2**31, (1,), generator=generator))
    rng = np.random.default_rng(graine)
    P = np.asarray(P, dtype=float)
    P = P / P.sum(axis=1, keepdims=True)
    noms = []
    for _ in range(n):
        nom = []
        i = rng.choice(len(P), p=P[0])
        while i != 0 and (max_len is None or len(nom) < max_len):
            nom.append(int(i))
            i = rng.choice(len(P), p=P[i])
        noms.append(nom)
    return noms

# %% decode
def decode(ids, itos):
    return pd.Series(itos)[list(ids)].str.cat() if len(ids) else ""

# %% log_probability
def log_probability(name, P, stoi):
    s = pd.Series(list("." + name + ".")).map(stoi)
    p = np.asarray(P, dtype=float)[s[:-1], s[1:]]
    return np.log(p).sum() if (p > 0).all() else -np.inf

# %% mean_nll
def mean_nll(names, P, stoi):
    t = pd.DataFrame({"nom": names})
    t["lp"] = [log_probability(nom, P, stoi) for nom in t["nom"]]
    t["poids"] = t["nom"].str.len() + 1
    return -t["lp"].sum() / t["poids"].sum()

# %% perplexity
def perplexity(nll):
    return np.exp(nll)
