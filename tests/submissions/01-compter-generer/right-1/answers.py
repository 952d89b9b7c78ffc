# %% build_vocabulary
def build_vocabulary(names):
    chars = []
    for name in names:
        for c in name:
            if c not in chars:
                chars.append(c)
    chars.sort()
    itos = ['.'] + chars
    stoi = {}
    for i in range(len(itos)):
        stoi[itos[i]] = i
    return itos, stoi

# %% count_bigrams
def count_bigrams(names, stoi):
    # NumPy, and the default float64
    N = np.zeros((len(stoi), len(stoi)))
    for name in names:
        previous = '.'
        for c in name:
            N[stoi[previous], stoi[c]] += 1
            previous = c
        N[stoi[previous], stoi['.']] += 1
    return N

# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    N = np.array(counts, dtype=np.float64) + alpha
    V = N.shape[0]
    P = np.zeros((V, V))
    for i in range(V):
        s = N[i].sum()
        for j in range(V):
            if s == 0:
                P[i, j] = 1 / V
            else:
                P[i, j] = N[i, j] / s
    return P

# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    # inverse of the cumulative distribution
    cumul = np.cumsum(np.asarray(P, dtype=np.float64), axis=1)
    out = []
    for k in range(n):
        ids = []
        i = 0
        while True:
            if max_len is not None and len(ids) == max_len:
                break
            u = torch.rand(1, generator=generator, dtype=torch.float64).item() * cumul[i, -1]
            i = int(np.searchsorted(cumul[i], u, side='right'))
            if i == 0:
                break
            ids.append(i)
        out.append(ids)
    return out

# %% decode
def decode(ids, itos):
    s = ''
    for i in ids:
        s += itos[i]
    return s

# %% log_probability
def log_probability(name, P, stoi):
    logP = np.log(np.asarray(P, dtype=np.float64))
    word = '.' + name + '.'
    total = 0
    for k in range(len(word) - 1):
        total = total + logP[stoi[word[k]], stoi[word[k + 1]]]
    return total  # numpy.float64

# %% mean_nll
def mean_nll(names, P, stoi):
    logP = np.log(np.asarray(P, dtype=np.float64))
    terms = []
    for name in names:
        word = '.' + name + '.'
        for a, b in zip(word, word[1:]):
            terms.append(-logP[stoi[a], stoi[b]])
    return np.mean(terms)

# %% perplexity
def perplexity(nll):
    return np.exp(nll)
