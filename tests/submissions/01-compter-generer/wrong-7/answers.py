# %% build_vocabulary
def build_vocabulary(liste):
    # the notebook's list instead of the argument
    itos = ['.'] + sorted(set(''.join(names)))
    stoi = {c: i for i, c in enumerate(itos)}
    return itos, stoi

# %% count_bigrams
def count_bigrams(names, stoi):
    # a size that fits the notebook's list only
    N = torch.zeros((37, 37), dtype=torch.int64)
    for name in names:
        chs = ['.'] + list(name) + ['.']
        for a, b in zip(chs, chs[1:]):
            N[stoi[a], stoi[b]] += 1
    return N

# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    # a row of zeros stays a row of zeros
    N = counts.float() + alpha
    return N / N.sum(dim=1, keepdim=True).clamp(min=1e-8)

# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    # max_len is forgotten
    out = []
    for _ in range(n):
        ids, i = [], 0
        while True:
            i = torch.multinomial(P[i], 1, generator=generator).item()
            if i == 0:
                break
            ids.append(i)
        out.append(ids)
    return out

# %% decode
def decode(ids, itos):
    # the text of the list
    return str([itos[i] for i in ids])

# %% log_probability
def log_probability(name, P, stoi):
    # a small number added so that nothing is impossible
    word = '.' + name + '.'
    return sum(torch.log(P[stoi[a], stoi[b]] + 1e-9).item() for a, b in zip(word, word[1:]))

# %% mean_nll
def mean_nll(names, P, stoi):
    # logarithm to base 2
    logs = []
    for name in names:
        word = '.' + name + '.'
        logs += [torch.log2(P[stoi[a], stoi[b]]).item() for a, b in zip(word, word[1:])]
    return -sum(logs) / len(logs)

# %% perplexity
def perplexity(nll):
    return math.log(nll)
