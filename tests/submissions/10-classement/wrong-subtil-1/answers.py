# %% expected_score
def expected_score(ra, rb):
    return round(1 / (1 + 10 ** ((rb - ra) / 400)), 3)
# %% elo_update
def elo_update(ra, rb, s, K=4.0):
    E = 1 / (1 + 10 ** ((rb - ra) / 400))
    return round(ra + K * (s - E), 1), round(rb - K * (s - E), 1)
# %% online_elo
def online_elo(A, B, S, n_models, K=4.0, start=1000.0):
    r = torch.full((n_models,), 1000.0, dtype=torch.float64)
    for a, b, s in zip(A.tolist(), B.tolist(), S.tolist()):
        E = 1 / (1 + 10 ** ((r[b] - r[a]) / 400))
        r[a] += K * (s - E)
        r[b] -= K * (s - E)
    return r
# %% win_counts
def win_counts(A, B, S, n_models):
    W = torch.zeros((n_models, n_models), dtype=torch.float64)
    S *= 2  # en demi-points
    for a, b, s in zip(A.tolist(), B.tolist(), S.tolist()):
        W[a, b] += s
        W[b, a] += 2 - s
    return W / 2
# %% fit_bradley_terry
def fit_bradley_terry(W, mean=1000.0):
    W = W.double()
    p = torch.ones(len(W), dtype=torch.float64)
    N = W + W.T
    for _ in range(100):
        p = W.sum(1) / (N / (p[:, None] + p[None, :])).sum(1)
        p = p / p.sum()
    r = 400 * torch.log10(p)
    return r - r.mean() + mean
# %% bootstrap_votes
def bootstrap_votes(n, rounds, generator=None):
    return torch.randint(n, (n,), generator=generator).repeat(rounds, 1)
# %% confidence_intervals
def confidence_intervals(samples, level=0.95):
    samples[:] = samples.sort(dim=0).values
    q = (1 - level) / 2
    return torch.quantile(samples, q, dim=0), torch.quantile(samples, 1 - q, dim=0)
# %% rank_by_bound
def rank_by_bound(lo, hi):
    return [1 + int((lo.int() > h.int()).sum()) for h in hi]
