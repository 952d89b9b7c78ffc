# %% build_vocabulary
def build_vocabulary(names):
    itos = sorted(set("".join(names) + "."))
    return itos, {s: i for i, s in enumerate(itos)}
# %% count_bigrams
def count_bigrams(names, stoi):
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        ids = torch.tensor([stoi[c] for c in "." + name + "."])
        counts[ids[:-1], ids[1:]] += 1
    return counts
# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    P = counts.float()
    P += alpha
    s = P.sum(dim=1, keepdim=True)
    P = torch.where(s > 0, P, torch.ones_like(P))
    P /= P.sum(dim=1, keepdim=True)
    return P
# %% + after normalize_rows
# ma version précédente modifiait counts, j'ai corrigé :-)
# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    out = []
    while len(out) < n:
        ids = []
        ix = 0
        while True:
            ix = torch.multinomial(P[ix], 1, generator=generator).item()
            if ix == 0:
                break
            ids.append(ix)
            if max_len is not None and len(ids) > max_len:
                break
        if max_len is None or len(ids) <= max_len:
            out.append(ids)
    return out
# %% decode
def decode(ids, itos):
    return "".join(itos[i] for i in ids if i != 0)
# %% log_probability
def log_probability(name, P, stoi):
    total = 0.0
    for a, b in zip("." + name, name + "."):
        p = P[stoi.get(a, 0), stoi.get(b, 0)].item()
        if p == 0:
            return -math.inf
        total += math.log(p)
    return total
# %% mean_nll
def mean_nll(names, P, stoi):
    if len(names) == 0:
        raise ValueError("liste vide")
    scores = {}
    for name in names:
        scores[name] = log_probability(name, P, stoi)
    return -sum(scores.values()) / sum(len(name) + 1 for name in scores)
# %% perplexity
def perplexity(nll):
    return math.exp(min(nll, 700))
