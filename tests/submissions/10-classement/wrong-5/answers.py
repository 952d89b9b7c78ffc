# %% expected_score
def expected_score(ra, rb):
    return 0.5 + (ra - rb) / 400

# %% elo_update
def elo_update(ra, rb, s, K=4.0):
    K = 32
    E = 1 / (1 + 10 ** ((rb - ra) / 400))
    return ra + K * (s - E), rb + K * (E - s)

# %% online_elo
def online_elo(A, B, S, n_models, K=4.0, start=1000.0):
    ratings = [start] * n_models
    for i in range(len(A) - 1):
        a, b, s = int(A[i]), int(B[i]), float(S[i])
        gain = K * (s - 1 / (1 + 10 ** ((ratings[b] - ratings[a]) / 400)))
        ratings[a], ratings[b] = ratings[a] + gain, ratings[b] - gain
    return torch.tensor(ratings)

# %% win_counts
def win_counts(A, B, S, n_models):
    W = torch.zeros(n_models, n_models, dtype=torch.int64)
    for a, b, s in zip(A.tolist(), B.tolist(), S.tolist()):
        W[a, b] += int(s)
        W[b, a] += int(1 - s)
    return W

# %% fit_bradley_terry
def fit_bradley_terry(W, mean=1000.0):
    share = W.sum(1) / (W.sum(1) + W.sum(0))
    r = 400 * torch.log10(share / (1 - share)).double()
    return r - r.mean() + mean

# %% bootstrap_votes
def bootstrap_votes(n, rounds, generator=None):
    torch.manual_seed(0)
    return torch.randint(n, (rounds, n))

# %% confidence_intervals
def confidence_intervals(samples, level=0.95):
    return torch.quantile(samples, 0.025, dim=0), torch.quantile(samples, 0.975, dim=0)

# %% rank_by_bound
def rank_by_bound(lo, hi):
    ranks = []
    for i in range(len(lo)):
        ranks.append(1 + sum(1 for j in range(len(lo)) if j != i and lo[j] >= hi[i]))
    return ranks
