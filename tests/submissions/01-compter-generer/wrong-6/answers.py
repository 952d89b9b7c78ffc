# %% build_vocabulary
def build_vocabulary(names):
    # numbers start from 1
    itos = ['.'] + sorted(set(''.join(names)))
    stoi = {c: i for i, c in enumerate(itos, start=1)}
    return itos, stoi

# %% count_bigrams
def count_bigrams(names, stoi):
    # no mark at all
    N = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        for a, b in zip(name, name[1:]):
            N[stoi[a], stoi[b]] += 1
    return N

# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    # works in the caller's table, and 0 / 0 stays
    counts = counts.float()
    counts += alpha
    counts /= counts.sum(dim=1, keepdim=True)
    return counts

# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    # the end mark stays in the result
    out = []
    for _ in range(n):
        ids = []
        i = 0
        while max_len is None or len(ids) < max_len:
            i = torch.multinomial(P[i], 1, generator=generator).item()
            ids.append(i)
            if i == 0:
                break
        out.append(ids)
    return out

# %% decode
def decode(ids, itos):
    # the notebook's own table instead of the argument
    table = build_vocabulary(names)[0]
    return ''.join(table[i] for i in ids)

# %% log_probability
def log_probability(name, P, stoi):
    # math.log(0) is an error
    total = 0
    word = '.' + name + '.'
    for a, b in zip(word, word[1:]):
        total += math.log(P[stoi[a], stoi[b]])
    return total

# %% mean_nll
def mean_nll(names, P, stoi):
    # the end of the names is neither added nor counted
    total, n = 0.0, 0
    for name in names:
        word = '.' + name
        for a, b in zip(word, word[1:]):
            total -= torch.log(P[stoi[a], stoi[b]]).item()
            n += 1
    return total / n

# %% perplexity
def perplexity(nll):
    print(math.exp(nll))
