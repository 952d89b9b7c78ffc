# %% count_bigrams
def count_bigrams(names, stoi):
    paires = Counter()
    for name in names:
        paires.update(zip("." + name, name + "."))
    return torch.tensor([[paires[a, b] for b in stoi] for a in stoi])
# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    out = []
    for _ in range(n):
        i, name = 0, []
        while len(name) < (max_len or 20):
            i = torch.multinomial(P[i], 1, generator=generator).item()
            if i == 0: break
            name.append(i)
        out.append(name)
    return out
# %% decode
def decode(ids, itos):
    return "".join(itos[min(i, len(itos) - 1)] for i in ids)
