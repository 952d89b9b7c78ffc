# %% build_vocabulary
def build_vocabulary(names):
    # '.' comes last
    itos = sorted(set(''.join(names)))
    itos.append('.')
    stoi = {s: i for i, s in enumerate(itos)}
    return itos, stoi

# %% count_bigrams
def count_bigrams(names, stoi):
    # names end with '.', but do not start from it
    N = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        s = name + '.'
        for ch1, ch2 in zip(s, s[1:]):
            N[stoi[ch1], stoi[ch2]] += 1
    return N

# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    # keepdim forgotten: the sums are laid along the columns
    N = counts + alpha
    return N / N.sum(dim=1)

# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    # P is not used
    out = []
    V = P.shape[0]
    for _ in range(n):
        ids = []
        while True:
            ix = torch.randint(0, V, (1,), generator=generator).item()
            if ix == 0:
                break
            ids.append(ix)
            if max_len is not None and len(ids) >= max_len:
                break
        out.append(ids)
    return out

# %% decode
def decode(ids, itos):
    return ' '.join(itos[i] for i in ids)

# %% log_probability
def log_probability(name, P, stoi):
    # the first letter is not counted
    s = name + '.'
    logp = 0.0
    for ch1, ch2 in zip(s, s[1:]):
        logp += torch.log(P[stoi[ch1], stoi[ch2]])
    return logp

# %% mean_nll
def mean_nll(names, P, stoi):
    # mean per name
    total = 0.0
    for name in names:
        s = '.' + name + '.'
        for ch1, ch2 in zip(s, s[1:]):
            total -= torch.log(P[stoi[ch1], stoi[ch2]])
    return total / len(names)

# %% perplexity
def perplexity(nll):
    return math.exp(-nll)
