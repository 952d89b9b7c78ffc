# %% expected_score
def expected_score(ra, rb):
    return round(1 / (1 + 10 ** ((rb - ra) / 400)), 2)


# %% elo_update
def elo_update(ra, rb, s, K=4.0):
    e = 1 / (1 + 10 ** ((rb - ra) / 400))
    return max(ra + K * (s - e), 100.0), max(rb - K * (s - e), 100.0)


# %% fit_bradley_terry
def fit_bradley_terry(W, mean=1000.0):
    W = W.double()
    N = W + W.T
    p = torch.ones(len(W), dtype=torch.float64)
    for _ in range(5000):
        p = W.sum(1) / (N / (p[:, None] + p[None, :])).sum(1)
        p = p / p.mean()
    return mean + 400 * torch.log10(p)


# %% confidence_intervals
def confidence_intervals(samples, level=0.95):
    t = samples.sort(dim=0).values
    k = int((1 - level) / 2 * len(t))
    return t[k], t[len(t) - 1 - k]
