# %% expected_score
def expected_score(ra, rb):
    return ra / (ra + rb)

# %% elo_update
def elo_update(ra, rb, s, K=4.0):
    E = 1 / (1 + 10 ** ((rb - ra) / 400))
    return ra + K * (s - E), rb

# %% online_elo
def online_elo(A, B, S, n_models, K=4.0, start=1000.0):
    ratings = {}
    for a, b, s in zip(A.tolist(), B.tolist(), S.tolist()):
        ra, rb = ratings.get(a, start), ratings.get(b, start)
        E = 1 / (1 + 10 ** ((rb - ra) / 400))
        ratings[a], ratings[b] = ra + K * (s - E), rb - K * (s - E)
    return torch.tensor([ratings[i] for i in sorted(ratings)])

# %% win_counts
def win_counts(A, B, S, n_models):
    W = torch.zeros(n_models, n_models)
    for a, b in zip(A, B):
        W[a, b] += 1
        W[b, a] += 1
    return W

# %% fit_bradley_terry
def fit_bradley_terry(W, mean=1000.0):
    W = W.double().T
    N = W + W.T
    p = torch.ones(len(W), dtype=torch.float64)
    for _ in range(5000):
        p = W.sum(1) / (N / (p[:, None] + p[None, :])).sum(1)
        p = p / p.log().mean().exp()
    r = 400 * p.log10()
    return r - r.mean() + mean

# %% bootstrap_votes
def bootstrap_votes(n, rounds, generator=None):
    return torch.randint(1, n + 1, (rounds, n), generator=generator)

# %% confidence_intervals
def confidence_intervals(samples, level=0.95):
    return samples.min(dim=0).values, samples.max(dim=0).values

# %% rank_by_bound
def rank_by_bound(lo, hi):
    rangs = [1 + int((lo > h).sum()) for h in hi]
    ordre = sorted(set(rangs))
    return [1 + ordre.index(r) for r in rangs]
