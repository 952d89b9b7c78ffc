# %% build_vocabulary
def build_vocabulary(names):
    itos, stoi = ["."], {}
    if not names:
        return itos, stoi
    itos += sorted(set("".join(names)))
    for i, s in enumerate(itos):
        stoi[s] = i
    return itos, stoi
# %% count_bigrams
def count_bigrams(names, stoi):
    V = len(stoi)
    counts = torch.zeros((V, V), dtype=torch.uint8)
    for name in names:
        for a, b in zip("." + name, name + "."):
            counts[stoi[a], stoi[b]] += 1
    return counts
# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    N = counts.float()
    N[N.sum(dim=1) == 0] = 1.0
    N = N + alpha
    return N / N.sum(dim=1, keepdim=True)
# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    if generator is None:
        generator = torch.Generator()
        generator.seed()
    out = []
    for _ in range(n):
        i, name = 0, []
        while max_len is None or len(name) < max_len:
            i = torch.multinomial(P[i], 1, generator=generator).item()
            if i == 0:
                break
            name.append(i)
        out.append(name)
    return out
# %% log_probability
def log_probability(name, P, stoi):
    total = 0.0
    for a, b in zip("." + name, name + "."):
        p = P[stoi[a], stoi[b]].item()
        if p < 1e-6:
            return -math.inf
        total += math.log(p)
    return total
# %% mean_nll
def mean_nll(names, P, stoi):
    if not names:
        raise ValueError("liste vide")
    total, T = 0.0, 0
    while names:
        name = names.pop()
        for a, b in zip("." + name, name + "."):
            total -= torch.log(P[stoi[a], stoi[b]]).item()
            T += 1
    return total / T
