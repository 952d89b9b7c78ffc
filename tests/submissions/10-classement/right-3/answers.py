# %% expected_score
expected_score = lambda ra, rb: np.reciprocal(1 + np.power(10.0, (rb - ra) / 400))

# %% elo_update
def elo_update(ra, rb, s, K=4):
    ecart = K * (s - expected_score(ra, rb))
    return [float(ra + ecart), float(rb - ecart)]

# %% online_elo
def online_elo(A, B, S, n_models, K=4.0, start=1000.0):
    cotes = {i: start for i in range(n_models)}
    while_votes = list(zip(A.tolist(), B.tolist(), S.tolist()))
    for (a, b, s) in while_votes:
        cotes[a], cotes[b] = elo_update(cotes[a], cotes[b], s, K=K)
    return [cotes[i] for i in range(n_models)]

# %% win_counts
def win_counts(A, B, S, n_models):
    W = [[0.0] * n_models for _ in range(n_models)]
    for a, b, s in zip(A.tolist(), B.tolist(), S.tolist()):
        W[a][b] += s
        W[b][a] += 1.0 - s
    return W

# %% fit_bradley_terry
def fit_bradley_terry(W, mean=1000.0):
    # Newton, NumPy
    W = np.asarray(W, dtype=float)
    N = W + W.T
    c = math.log(10) / 400
    r = np.zeros(len(W))
    for _ in range(50):
        P = 1 / (1 + np.exp(-c * (r[:, None] - r[None, :])))
        g = c * (W - N * P).sum(1)
        H = c * c * N * P * (1 - P)
        L = np.diag(H.sum(1)) - H
        pas = np.linalg.lstsq(L, g, rcond=None)[0]
        r = r + np.clip(pas, -200, 200)
    return r - r.mean() + mean

# %% bootstrap_votes
def bootstrap_votes(n, rounds, generator=None):
    u = torch.rand((rounds, n), generator=generator, dtype=torch.float64)
    return (u * n).floor().long().tolist()

# %% confidence_intervals
def confidence_intervals(samples, level=0.95):
    q = torch.tensor([(1 - level) / 2, (1 + level) / 2], dtype=samples.dtype)
    return torch.quantile(samples, q, dim=0)

# %% rank_by_bound
def rank_by_bound(lo, hi):
    return [1 + sum(bas > haut for bas in lo.tolist()) for haut in hi.tolist()]
