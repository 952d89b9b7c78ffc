# %% build_vocabulary
def build_vocabulary(names):
    # '.' is sorted among the others: it comes after the apostrophe and the hyphen
    itos = sorted(set(''.join(names) + '.'))
    stoi = {c: i for i, c in enumerate(itos)}
    return itos, stoi

# %% count_bigrams
def count_bigrams(names, stoi):
    # rows and columns swapped
    N = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        w = '.' + name + '.'
        for k in range(len(w) - 1):
            N[stoi[w[k + 1]], stoi[w[k]]] += 1
    return N

# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    # divided by the sum of the whole table
    N = counts.float() + alpha
    return N / N.sum()

# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    # reads a column of P
    res = []
    for _ in range(n):
        i, ids = 0, []
        while max_len is None or len(ids) < max_len:
            i = torch.multinomial(P[:, i], 1, generator=generator).item()
            if i == 0:
                break
            ids.append(i)
        res.append(ids)
    return res

# %% decode
def decode(ids, itos):
    # off by one
    return ''.join(itos[i - 1] for i in ids)

# %% log_probability
def log_probability(name, P, stoi):
    # the product first, the logarithm at the end
    w = '.' + name + '.'
    p = torch.tensor(1.0)
    for k in range(len(w) - 1):
        p = p * P[stoi[w[k]], stoi[w[k + 1]]]
    return torch.log(p).item()

# %% mean_nll
def mean_nll(names, P, stoi):
    # mean of the means of the names
    means = []
    for name in names:
        w = '.' + name + '.'
        logs = [torch.log(P[stoi[w[k]], stoi[w[k + 1]]]).item() for k in range(len(w) - 1)]
        means.append(-sum(logs) / len(logs))
    return sum(means) / len(means)

# %% perplexity
def perplexity(nll):
    return nll
