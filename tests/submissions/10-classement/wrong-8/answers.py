# %% win_counts
def win_counts(A, B, S, n_models):
    W = torch.zeros(n_models, n_models)
    W[A, B] += S
    W[B, A] += 1 - S
    return W
