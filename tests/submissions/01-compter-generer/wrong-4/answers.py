# %% build_vocabulary
def build_vocabulary(names):
    # the order of a set changes between runs
    itos = ['.'] + list(set(''.join(names)))
    stoi = {c: i for i, c in enumerate(itos)}
    return itos, stoi

# %% count_bigrams
def count_bigrams(names, stoi):
    # seen or not seen, instead of how often
    N = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        chs = ['.'] + list(name) + ['.']
        for a, b in zip(chs, chs[1:]):
            N[stoi[a], stoi[b]] = 1
    return N

# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    # smoothed after the division
    P = counts.float()
    P = P / P.sum(dim=1, keepdim=True) + alpha
    return torch.nan_to_num(P, nan=1 / len(P))

# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    # a generator of its own with a fixed seed
    g = torch.Generator().manual_seed(2147483647)
    out = []
    for _ in range(n):
        ids, ix = [], 0
        while max_len is None or len(ids) < max_len:
            ix = torch.multinomial(P[ix], num_samples=1, replacement=True, generator=g).item()
            if ix == 0:
                break
            ids.append(ix)
        out.append(ids)
    return out

# %% decode
def decode(ids, itos):
    # shown, not returned
    print(''.join(itos[i] for i in ids))

# %% log_probability
def log_probability(name, P, stoi):
    # logarithm to base 10
    chs = ['.'] + list(name) + ['.']
    return sum(torch.log10(P[stoi[a], stoi[b]]).item() for a, b in zip(chs, chs[1:]))

# %% mean_nll
def mean_nll(names, P, stoi):
    # divided by the letters only: the end marks are not counted
    total = 0.0
    for name in names:
        chs = ['.'] + list(name) + ['.']
        total += sum(torch.log(P[stoi[a], stoi[b]]).item() for a, b in zip(chs, chs[1:]))
    return -total / sum(len(name) for name in names)

# %% perplexity
def perplexity(nll):
    return 10 ** nll
