# %% build_vocabulary
def build_vocabulary(names):
    # the end mark is forgotten
    itos = sorted(set(''.join(names)))
    stoi = {c: i for i, c in enumerate(itos)}
    return itos, stoi

# %% count_bigrams
def count_bigrams(names, stoi):
    # names start from '.', but do not end with it
    counts = torch.zeros((len(stoi), len(stoi)), dtype=torch.int64)
    for name in names:
        chars = ['.'] + list(name)
        for a, b in zip(chars, chars[1:]):
            counts[stoi[a], stoi[b]] += 1
    return counts

# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    # sums of the columns
    N = counts.float() + alpha
    return N / N.sum(dim=0, keepdim=True)

# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    # always the most probable symbol
    names_ids = []
    for _ in range(n):
        ids = []
        i = 0
        while max_len is None or len(ids) < max_len:
            i = P[i].argmax().item()
            if i == 0:
                break
            ids.append(i)
        names_ids.append(ids)
    return names_ids

# %% decode
def decode(ids, itos):
    # a list of letters, not a text
    return [itos[i] for i in ids]

# %% log_probability
def log_probability(name, P, stoi):
    # the end is not counted
    total = 0.0
    i = 0
    for c in name:
        j = stoi[c]
        total += torch.log(P[i, j]).item()
        i = j
    return total

# %% mean_nll
def mean_nll(names, P, stoi):
    # a sum, not a mean
    total = 0.0
    for name in names:
        chars = '.' + name + '.'
        for a, b in zip(chars, chars[1:]):
            total -= torch.log(P[stoi[a], stoi[b]]).item()
    return total

# %% perplexity
def perplexity(nll):
    return 2 ** nll
