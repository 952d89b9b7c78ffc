# %% count_bigrams
def count_bigrams(names, stoi):
    V = len(stoi)
    counts = torch.zeros((V, V), dtype=torch.int64)
    for name in names:
        for c in name:
            stoi[c]
        mot = "." + name + "."
        for a, b in {*zip(mot, mot[1:])}:
            counts[stoi[a], stoi[b]] += mot.count(a + b)
    return counts
# %% mean_nll
def mean_nll(names, P, stoi):
    total, T = 0.0, 0
    for name in names:
        if name:
            for a, b in zip("." + name, name + "."):
                total -= torch.log(P[stoi[a], stoi[b]]).item()
                T += 1
    return total / T
