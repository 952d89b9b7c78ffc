# %% build_vocabulary
def build_vocabulary(names):
    # stoi goes the wrong way round
    itos = ['.'] + sorted(set(''.join(names)))
    stoi = {i: c for i, c in enumerate(itos)}
    return itos, stoi

# %% count_bigrams
def count_bigrams(names, stoi):
    # all names in one breath: the end of one runs into the start of the next
    text = '.' + ''.join(names) + '.'
    counts = torch.zeros(len(stoi), len(stoi), dtype=torch.long)
    for a, b in zip(text, text[1:]):
        counts[stoi[a], stoi[b]] += 1
    return counts

# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    # alpha above, but not below the fraction bar
    sums = counts.sum(dim=1, keepdim=True)
    P = (counts + alpha) / sums
    P[sums.squeeze(1) == 0] = 1 / counts.shape[0]
    return P

# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    # the generator received is not used
    out = []
    for _ in range(n):
        ids = []
        i = 0
        while max_len is None or len(ids) < max_len:
            i = torch.multinomial(P[i], 1).item()
            if i == 0:
                break
            ids.append(i)
        out.append(ids)
    return out

# %% decode
def decode(ids, itos):
    # keeps the marks around
    return '.' + ''.join(itos[i] for i in ids) + '.'

# %% log_probability
def log_probability(name, P, stoi):
    # the probability itself
    p = 1.0
    prev = '.'
    for c in name + '.':
        p *= float(P[stoi[prev], stoi[c]])
        prev = c
    return p

# %% mean_nll
def mean_nll(names, P, stoi):
    # the minus sign is missing
    total, n = 0.0, 0
    for name in names:
        prev = '.'
        for c in name + '.':
            total += torch.log(P[stoi[prev], stoi[c]]).item()
            n += 1
            prev = c
    return total / n

# %% perplexity
def perplexity(nll):
    # a whole number of symbols
    return int(math.exp(nll))
