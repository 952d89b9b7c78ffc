# %% expected_score
def expected_score(ra, rb):
    print(1 / (1 + 10 ** ((rb - ra) / 400)))

# %% elo_update
def elo_update(ra, rb, s, K=4.0):
    E = 1 / (1 + 10 ** ((rb - ra) / 400))
    return K * (s - E), K * (E - s)

# %% online_elo
def online_elo(A, B, S, n_models, K=4.0, start=1000.0):
    ratings = torch.zeros(n_models, dtype=torch.float64)
    for a, b, s in zip(A, B, S):
        E = 1 / (1 + 10 ** ((ratings[b] - ratings[a]) / 400))
        ratings[a] += K * (s - E)
        ratings[b] -= K * (s - E)
    return ratings

# %% win_counts
def win_counts(A, B, S, n_models):
    W = torch.zeros(n_models, n_models)
    for a, b, s in zip(A, B, S):
        W[a, b] += s
        W[b, a] += 1 - s
    return W / (W + W.T).clamp(min=1)

# %% fit_bradley_terry
def fit_bradley_terry(W, mean=1000.0):
    W = W.double()
    N = W + W.T
    p = torch.ones(len(W), dtype=torch.float64)
    for _ in range(5000):
        p = W.sum(1) / (N / (p[:, None] + p[None, :])).sum(1)
        p = p / p.log().mean().exp()
    r = 400 * p.log10()
    return r - r.mean()

# %% bootstrap_votes
def bootstrap_votes(n, rounds, generator=None):
    u = torch.rand(rounds, n, generator=generator)
    return (n * u ** 2).long()

# %% confidence_intervals
def confidence_intervals(samples, level=0.95):
    t = (1 - level) / 2
    return torch.quantile(samples, t, dim=1), torch.quantile(samples, 1 - t, dim=1)

# %% rank_by_bound
def rank_by_bound(lo, hi):
    return torch.argsort((lo + hi) / 2, descending=True)
