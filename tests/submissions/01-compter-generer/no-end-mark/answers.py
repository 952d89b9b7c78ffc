# %% count_bigrams
def count_bigrams(names, stoi):
    V = len(stoi)
    counts = torch.zeros((V, V), dtype=torch.int64)
    for name in names:
        ids = [0] + [stoi[c] for c in name]
        for i, j in zip(ids, ids[1:]):
            counts[i, j] += 1
    return counts
