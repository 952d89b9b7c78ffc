# %% table_size
def table_size(V, k):
    contexts = torch.tensor([V] * k).prod().item()
    return contexts, contexts * V


# %% windows
def windows(names, stoi, k):
    X, Y = [], []
    for name in names:
        ids = [0] * k + [stoi.get(c, 0) for c in name] + [0]
        for t in range(k, len(ids)):
            X.append(ids[t - k : t])
            Y.append(ids[t])
    return torch.tensor(X), torch.tensor(Y)


# %% ngram_counts
def ngram_counts(names, stoi, k):
    counts = {}
    for name in names:
        ids = [0] * k + [stoi.get(c, 0) for c in name] + [0]
        for t in range(k, len(ids)):
            context = tuple(ids[t - k : t])
            if context not in counts:
                counts[context] = torch.zeros(len(stoi), dtype=torch.int64)
            counts[context][ids[t]] += 1
    return counts
