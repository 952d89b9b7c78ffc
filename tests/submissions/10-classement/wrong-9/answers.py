# %% win_counts
def win_counts(A, B, S, n_models):
    W = np.zeros((n_models, n_models))
    a, b, s = A.numpy(), B.numpy(), S.numpy()
    W[a, b] += s
    W[b, a] += 1 - s
    return W
