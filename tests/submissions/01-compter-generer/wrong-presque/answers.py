# %% build_vocabulary
def build_vocabulary(names):
    itos = ["."] + sorted(set("".join(names)))
    stoi = {}
    for i, s in enumerate(itos[1:]):
        stoi[s] = i
    stoi["."] = 0
    return itos, stoi

# %% count_bigrams
def count_bigrams(names, stoi):
    V = len(stoi)
    N = [[0] * V] * V
    for nom in names:
        for a, b in zip("." + nom, nom + "."):
            N[stoi[a]][stoi[b]] += 1
    return torch.tensor(N)

# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    N = counts + alpha
    return N / N.sum(0)

# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    out = []
    for _ in range(n):
        ids = []
        i = torch.multinomial(P[0], 1, generator=generator).item()
        while i != 0 and (max_len is None or len(ids) < max_len):
            ids.append(i)
            i = torch.multinomial(P[0], 1, generator=generator).item()
        out.append(ids)
    return out

# %% decode
def decode(ids, itos):
    return " ".join(itos[i] for i in ids)

# %% log_probability
def log_probability(name, P, stoi):
    s = 0
    for a, b in zip("." + name, name + "."):
        s += math.log10(P[stoi[a], stoi[b]])
    return s

# %% mean_nll
def mean_nll(names, P, stoi):
    s, n = 0.0, 0
    for nom in names:
        for a, b in zip("." + nom, nom + "."):
            s -= torch.log(P[stoi[a], stoi[b]])
        n += len(nom)
    return s / n

# %% perplexity
def perplexity(nll):
    return 2**nll
