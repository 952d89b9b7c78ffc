# %% count_bigrams
def count_bigrams(names, stoi):
    V = max([stoi[c] for n in names for c in n], default=len(stoi) - 1) + 1
    N = torch.zeros((V, V), dtype=torch.int64)
    for name in names:
        s = "." + name + "."
        for a, b in zip(s, s[1:]):
            N[stoi[a], stoi[b]] += 1
    return N
# %% sample_ids
import random
def sample_ids(P, n, generator=None, max_len=None):
    if generator is not None:
        random.seed(generator.initial_seed())
    out = []
    while len(out) < n:
        i, name = 0, []
        while max_len is None or len(name) < max_len:
            i = random.choices(range(len(P)), weights=P[i].tolist())[0]
            if i == 0:
                break
            name.append(i)
        if name:
            out.append(name)
    return out
# %% decode
def decode(ids, itos):
    d = dict(enumerate(itos))
    return "".join(d.get(i, "") for i in ids)
