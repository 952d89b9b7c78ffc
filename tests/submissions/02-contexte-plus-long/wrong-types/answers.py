# %% table_size
def table_size(V, k):
    contexts = np.power(V, k, dtype=np.int64)
    return contexts, contexts * V


# %% ngram_counts
def ngram_counts(names, stoi, k):
    counts = {}
    X, Y = windows(names, stoi, k)
    for context, j in zip(X.tolist(), Y.tolist()):
        row = counts.setdefault(tuple(context), torch.zeros(len(stoi)))
        row[j] += 1
    return counts
