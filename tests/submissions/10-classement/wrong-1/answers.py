# %% expected_score
def expected_score(ra, rb):
    return 1 / (1 + 10 ** ((ra - rb) / 400))

# %% elo_update
def elo_update(ra, rb, s, K=4.0):
    E = 1 / (1 + 10 ** ((rb - ra) / 400))
    return ra + K * (E - s), rb - K * (E - s)

# %% online_elo
def online_elo(A, B, S, n_models, K=4.0, start=1000.0):
    ratings = [start] * n_models
    for a, b, s in zip(A.flip(0), B.flip(0), S.flip(0)):
        a, b = int(a), int(b)
        E = 1 / (1 + 10 ** ((ratings[b] - ratings[a]) / 400))
        ratings[a], ratings[b] = ratings[a] + K * (s - E), ratings[b] - K * (s - E)
    return torch.tensor(ratings)

# %% win_counts
def win_counts(A, B, S, n_models):
    W = torch.zeros(n_models, n_models)
    for a, b, s in zip(A, B, S):
        W[b, a] += s
        W[a, b] += 1 - s
    return W

# %% fit_bradley_terry
def fit_bradley_terry(W, mean=1000.0):
    W = W.double()
    N = W + W.T
    p = torch.ones(len(W), dtype=torch.float64)
    for _ in range(5000):
        p = W.sum(1) / (N / (p[:, None] + p[None, :])).sum(1)
        p = p / p.log().mean().exp()
    r = p.log()
    return r - r.mean() + mean

# %% bootstrap_votes
def bootstrap_votes(n, rounds, generator=None):
    return torch.stack([torch.randperm(n, generator=generator) for _ in range(rounds)])

# %% confidence_intervals
def confidence_intervals(samples, level=0.95):
    m, sd = samples.mean(0), samples.std(0)
    return m - sd, m + sd

# %% rank_by_bound
def rank_by_bound(lo, hi):
    milieu = (lo + hi) / 2
    return [1 + int((milieu > m).sum()) for m in milieu]
