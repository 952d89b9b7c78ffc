# %% expected_score
def expected_score(ra, rb):
    return 10 ** (ra / 400) / (10 ** (ra / 400) + 10 ** (rb / 400)) if abs(ra - rb) < 400 else float(ra > rb)


# %% fit_bradley_terry
def fit_bradley_terry(W, mean=1000.0):
    W = W.double()
    N = W + W.T
    p = torch.ones(len(W), dtype=torch.float64)
    for _ in range(20000):
        q = W.sum(1) / (N / (p[:, None] + p[None, :])).sum(1)
        q = q / q.log().mean().exp()
        if (q - p).abs().max() < 1e-9:
            break
        p = q
    return 1000 + 400 * torch.log10(q)
