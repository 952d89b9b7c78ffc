# %% expected_score
def expected_score(ra, rb):
    return 1 / (1 + 10 ** (rb - ra))

# %% elo_update
def elo_update(ra, rb, s, K=4.0):
    ra = ra + K * (s - 1 / (1 + 10 ** ((rb - ra) / 400)))
    rb = rb + K * ((1 - s) - 1 / (1 + 10 ** ((ra - rb) / 400)))
    return ra, rb

# %% online_elo
def online_elo(A, B, S, n_models, K=4.0, start=1000.0):
    ratings = [start] * n_models
    for a, b, s in zip(A, B, S):
        a, b = int(a), int(b)
        E = 1 / (1 + 10 ** ((ratings[b] - ratings[a]) / 400))
        ratings[b], ratings[a] = ratings[b] + K * (s - (1 - E)), ratings[a] - K * (s - (1 - E))
    return torch.tensor(ratings)

# %% win_counts
def win_counts(A, B, S, n_models):
    W = torch.zeros(n_models, n_models)
    for a, b, s in zip(A, B, S):
        W[a, b] = s
        W[b, a] = 1 - s
    return W

# %% fit_bradley_terry
def fit_bradley_terry(W, mean=1000.0):
    W = W.double() + 0.5 * (1 - torch.eye(len(W), dtype=torch.float64))
    N = W + W.T
    p = torch.ones(len(W), dtype=torch.float64)
    for _ in range(5000):
        p = W.sum(1) / (N / (p[:, None] + p[None, :])).sum(1)
        p = p / p.log().mean().exp()
    r = 400 * p.log10()
    return r - r.mean() + mean

# %% bootstrap_votes
def bootstrap_votes(n, rounds, generator=None):
    return torch.randint(n, (n, rounds), generator=generator)

# %% confidence_intervals
def confidence_intervals(samples, level=0.95):
    return torch.quantile(samples, 1 - level, dim=0), torch.quantile(samples, level, dim=0)

# %% rank_by_bound
def rank_by_bound(lo, hi):
    ranks = []
    for i in range(len(lo)):
        ranks.append(1 + sum(1 for j in range(len(lo)) if hi[j] < lo[i]))
    return ranks
