# %% expected_score
def expected_score(ra, rb):
    return torch.sigmoid(torch.tensor((ra - rb) * math.log(10) / 400))

# %% elo_update
def elo_update(ra, rb, s, K=4.0):
    Qa, Qb = 10 ** (ra / 400), 10 ** (rb / 400)
    cotes = torch.tensor([ra, rb], dtype=torch.float64)
    surprise = s - Qa / (Qa + Qb)
    return cotes + K * surprise * torch.tensor([1.0, -1.0])

# %% online_elo
def online_elo(A, B, S, n_models, K=4.0, start=1000.0):
    # float32 everywhere
    ratings = torch.full((n_models,), float(start))
    for i in range(len(A)):
        new = elo_update(ratings[A[i]].clone(), ratings[B[i]].clone(), S[i], K)
        ratings[A[i]], ratings[B[i]] = new[0], new[1]
    return ratings

# %% win_counts
def win_counts(A, B, S, n_models):
    one_a = torch.nn.functional.one_hot(A.long(), n_models).double()
    one_b = torch.nn.functional.one_hot(B.long(), n_models).double()
    S = S.double()
    return one_a.T @ (S[:, None] * one_b) + one_b.T @ ((1 - S)[:, None] * one_a)

# %% fit_bradley_terry
def fit_bradley_terry(W, mean=1000.0):
    W = torch.as_tensor(W).double()
    r = torch.zeros(len(W), dtype=torch.float64, requires_grad=True)
    opt = torch.optim.Adam([r], lr=0.05)
    for step in range(3000):
        opt.param_groups[0]["lr"] = 0.05 * (1 - step / 3000)
        opt.zero_grad()
        (-(W * torch.nn.functional.logsigmoid(r[:, None] - r[None, :])).sum()).backward()
        opt.step()
    elo = r.detach() * 400 / math.log(10)
    return (elo - elo.mean() + mean).float()

# %% bootstrap_votes
def bootstrap_votes(n, rounds, generator=None):
    return torch.multinomial(torch.ones(rounds, n), n, replacement=True, generator=generator).to(torch.int32)

# %% confidence_intervals
def confidence_intervals(samples, level=0.95):
    lo, hi = [], []
    for j in range(samples.shape[1]):
        trie = sorted(samples[:, j].tolist())
        for q, bornes in (((1 - level) / 2, lo), ((1 + level) / 2, hi)):
            place = q * (len(trie) - 1)
            i = int(place)
            suivant = trie[min(i + 1, len(trie) - 1)]
            bornes.append(trie[i] + (place - i) * (suivant - trie[i]))
    return lo, hi

# %% rank_by_bound
def rank_by_bound(lo, hi):
    rangs = np.ones(len(lo), dtype=int)
    for i in range(len(lo)):
        for j in range(len(lo)):
            if lo[j] > hi[i]:
                rangs[i] += 1
    return rangs
