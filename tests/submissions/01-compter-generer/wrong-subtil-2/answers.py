# %% build_vocabulary
def build_vocabulary(names):
    lettres = sorted({c for name in names for c in name if c.isalpha()})
    itos = ["."] + lettres
    stoi = {c: i for i, c in enumerate(itos)}
    return itos, stoi
# %% count_bigrams
def count_bigrams(names, stoi):
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in set(names):
        for a, b in zip("." + name, name + "."):
            counts[stoi[a], stoi[b]] += 1
    return counts
# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    P = counts.double() + alpha
    V = P.shape[1]
    for i in range(V):
        if P[i].sum() < 1:
            P[i] = 1 / V
        else:
            P[i] = P[i] / P[i].sum()
    return P
# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    if generator is None:
        generator = torch.Generator()
    out = []
    for _ in range(n):
        ids, ix = [], 0
        while max_len is None or len(ids) < max_len:
            ix = torch.multinomial(P[ix], 1, generator=generator).item()
            if ix == 0:
                break
            ids.append(ix)
        out.append(ids)
    return out
# %% decode
def decode(ids, itos):
    return "".join([itos[i] for i in ids]).strip(".")
# %% log_probability
def log_probability(name, P, stoi):
    if name == "":
        return 0.0
    logP = torch.log(P)
    return sum(logP[stoi[a], stoi[b]].item() for a, b in zip("." + name, name + "."))
# %% mean_nll
def mean_nll(names, P, stoi):
    if not names:
        return 0.0
    logP = torch.log(P)
    s, n = 0.0, 0
    for name in names:
        for a, b in zip("." + name, name + "."):
            s -= logP[stoi[a], stoi[b]].item()
            n += 1
    return s / n
# %% perplexity
def perplexity(nll):
    if math.isinf(nll):
        return 0.0
    return math.exp(nll)
