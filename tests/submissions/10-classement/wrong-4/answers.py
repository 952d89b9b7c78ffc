# %% expected_score
def expected_score(ra, rb):
    return 10 ** ((ra - rb) / 400)

# %% elo_update
def elo_update(ra, rb, s, K=4.0):
    return ra + K * s, rb + K * (1 - s)

# %% online_elo
def online_elo(A, B, S, n_models, K=4.0, start=1000.0):
    ratings = [start] * n_models
    for a, b, s in zip(A, B, S):
        a, b = int(a), int(b)
        E = 0.5
        ratings[a], ratings[b] = ratings[a] + K * (s - E), ratings[b] - K * (s - E)
    return torch.tensor(ratings)

# %% win_counts
def win_counts(A, B, S, n_models):
    W = torch.zeros(n_models, n_models)
    for a, b, s in zip(A.tolist(), B.tolist(), S.tolist()):
        if s >= 0.5:
            W[a, b] += 1
        if s <= 0.5:
            W[b, a] += 1
    return W

# %% fit_bradley_terry
def fit_bradley_terry(W, mean=1000.0):
    W = W.double()
    N = W + W.T
    p = torch.ones(len(W), dtype=torch.float64)
    for _ in range(1):
        p = W.sum(1) / (N / (p[:, None] + p[None, :])).sum(1)
        p = p / p.log().mean().exp()
    r = 400 * p.log10()
    return r - r.mean() + mean

# %% bootstrap_votes
def bootstrap_votes(n, rounds, generator=None):
    return torch.randint(n, (rounds, n))

# %% confidence_intervals
def confidence_intervals(samples, level=0.95):
    t = (1 - level) / 2
    return torch.quantile(samples, 1 - t, dim=0), torch.quantile(samples, t, dim=0)

# %% rank_by_bound
def rank_by_bound(lo, hi):
    ranks = []
    for i in range(len(lo)):
        ranks.append(sum(1 for j in range(len(lo)) if lo[j] > hi[i]))
    return ranks
