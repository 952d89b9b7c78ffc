# %% embed
def embed(C, X):
    return C[X.flip(1)].flatten(1)
