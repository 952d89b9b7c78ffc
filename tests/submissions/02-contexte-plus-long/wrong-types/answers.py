# %% table_size
def table_size(V, k):
    contexts = np.power(V, k, dtype=np.int64)
    return contexts, contexts * V

