# %% expected_score
def expected_score(ra, rb):
    E = 1 / (1 + 10 ** ((rb - ra) / 400))
    return min(max(E, 0.01), 0.99)
# %% online_elo
def online_elo(A, B, S, n_models, K=4.0, start=1000.0):
    n = int(max(A.max(), B.max())) + 1
    r = [start] * n
    for a, b, s in zip(A.tolist(), B.tolist(), S.tolist()):
        E = 1 / (1 + 10 ** ((r[b] - r[a]) / 400))
        r[a] += K * (s - E)
        r[b] -= K * (s - E)
    return torch.tensor(r)
# %% fit_bradley_terry
def fit_bradley_terry(W, mean=1000.0):
    W = W.double()
    p = torch.ones(len(W), dtype=torch.float64)
    N = W + W.T
    for _ in range(20000):
        p = W.sum(1) / (N / (p[:, None] + p[None, :])).sum(1)
        p = p / p.sum()
    r = 400 * torch.log10(p)
    return r - r.mean() + 1000
# %% bootstrap_votes
def bootstrap_votes(n, rounds, generator=None):
    return torch.randint(0, max(n - 1, 1), (rounds, n), generator=generator)
# %% confidence_intervals
def confidence_intervals(samples, level=0.95):
    q = (1 - level) / 2
    demi = (torch.quantile(samples, 1 - q, dim=0) - torch.quantile(samples, q, dim=0)) / 2
    centre = samples.mean(dim=0)
    return centre - demi, centre + demi
# %% rank_by_bound
def rank_by_bound(lo, hi):
    return [1 + int((lo.float().round() > h.float().round()).sum()) for h in hi]
