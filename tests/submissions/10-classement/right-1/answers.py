# %% expected_score
def expected_score(ra, rb):
    a, b = 10 ** (ra / 400), 10 ** (rb / 400)
    return a / (a + b)

# %% elo_update
def elo_update(ra, rb, s, K=4.0):
    Ea = expected_score(ra, rb)
    Eb = expected_score(rb, ra)
    return ra + K * (s - Ea), rb + K * ((1 - s) - Eb)

# %% online_elo
def online_elo(A, B, S, n_models, K=4.0, start=1000.0):
    R = np.full(n_models, start, dtype=float)
    for a, b, s in zip(A.numpy(), B.numpy(), S.numpy()):
        E = 1.0 / (1.0 + 10.0 ** ((R[b] - R[a]) / 400.0))
        R[a] += K * (s - E)
        R[b] -= K * (s - E)
    return R

# %% win_counts
def win_counts(A, B, S, n_models):
    W = np.zeros((n_models, n_models))
    np.add.at(W, (A.numpy(), B.numpy()), S.numpy())
    np.add.at(W, (B.numpy(), A.numpy()), 1 - S.numpy())
    return W

# %% fit_bradley_terry
def fit_bradley_terry(W, mean=1000.0):
    W = torch.as_tensor(W).double()
    r = torch.zeros(len(W), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([r], lr=1.0, max_iter=500, tolerance_grad=1e-12, tolerance_change=1e-14, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        loss = -(W * torch.nn.functional.logsigmoid(r[:, None] - r[None, :])).sum() / W.sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    cotes = r.detach() * 400 / math.log(10)
    return cotes - cotes.mean() + mean

# %% bootstrap_votes
def bootstrap_votes(n, rounds, generator=None):
    return torch.stack([torch.randint(0, n, (n,), generator=generator) for _ in range(rounds)])

# %% confidence_intervals
def confidence_intervals(samples, level=0.95):
    reste = 100 * (1 - level) / 2
    return np.percentile(samples.numpy(), reste, axis=0), np.percentile(samples.numpy(), 100 - reste, axis=0)

# %% rank_by_bound
def rank_by_bound(lo, hi):
    return 1 + (lo.unsqueeze(0) > hi.unsqueeze(1)).sum(dim=1)
