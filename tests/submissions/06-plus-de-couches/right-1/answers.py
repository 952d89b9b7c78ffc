# %% saturation_share
def saturation_share(h, limit=0.99):
    values = np.abs(np.asarray(h)).ravel()
    return sum(1 for v in values if v > limit) / len(values)

# %% kaiming_std
def kaiming_std(fan_in, gain=5 / 3):
    return np.float64(gain) * fan_in ** -0.5

# %% scaled_params
def scaled_params(V, k, E, H, generator=None):
    W1 = torch.empty(k * E, H, dtype=torch.float64).normal_(0, 5 / 3 / (k * E) ** 0.5, generator=generator)
    C = torch.empty(V, E, dtype=torch.float64).normal_(generator=generator)
    W2 = torch.normal(0.0, 0.1 / H ** 0.5, (H, V), generator=generator, dtype=torch.float64)
    params = dict(C=C, W1=W1, b1=torch.zeros(H), W2=W2, b2=torch.zeros(V))
    return {name: p.float().requires_grad_() for name, p in params.items()}

# %% BatchNorm1d
class BatchNorm1d(torch.nn.Module):
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps = eps
        self.momentum = momentum
        self.gamma = torch.nn.Parameter(torch.ones(dim))
        self.beta = torch.nn.Parameter(torch.zeros(dim))
        # plain attributes, not buffers
        self.running_mean = torch.zeros(dim)
        self.running_var = torch.ones(dim)

    def forward(self, x):
        if x.dim() == 2:
            dims, n = (0,), x.shape[0]
        else:
            dims, n = (0, 1), x.shape[0] * x.shape[1]
        if not self.training:
            return (x - self.running_mean) * (self.running_var + self.eps) ** -0.5 * self.gamma + self.beta
        m = x.mean(dims, keepdim=True)
        v = ((x - m) ** 2).mean(dims, keepdim=True)
        self.running_mean = self.running_mean + self.momentum * (m.detach().flatten() - self.running_mean)
        self.running_var = self.running_var + self.momentum * (v.detach().flatten() * n / (n - 1) - self.running_var)
        return (x - m) / (v + self.eps).sqrt() * self.gamma + self.beta

# %% eval_nll
def eval_nll(model, X, Y, batch_size=1024):
    mode = model.training
    model.train(False)
    pertes = []
    with torch.inference_mode():
        for debut in range(0, X.shape[0], batch_size):
            logp = torch.log_softmax(model(X[debut:debut + batch_size]), dim=1)
            for ligne, y in zip(logp, Y[debut:debut + batch_size]):
                pertes.append(-ligne[y].item())
    model.train(mode)
    return np.mean(pertes)

# %% mlp_backward
def mlp_backward(params, cache, Y):
    P = {name: np.asarray(p) for name, p in params.items()}
    X, x, h, z = (np.asarray(cache[name]) for name in ("X", "x", "h", "z"))
    B, k = X.shape
    E = P["C"].shape[1]
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    dz = p.copy()
    for n in range(B):
        dz[n, int(Y[n])] -= 1
    dz /= B
    da = dz.dot(P["W2"].T) * (1 - h * h)
    dx = da.dot(P["W1"].T)
    dC = np.zeros_like(P["C"])
    for n in range(B):
        for j in range(k):
            dC[X[n, j]] += dx[n, j * E:(j + 1) * E]
    return {"W1": x.T.dot(da), "W2": h.T.dot(dz), "b1": da.sum(axis=0), "b2": dz.sum(axis=0), "C": dC}

# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    B = x.shape[0]
    mu = x.sum(0) / B
    xmu = x - mu
    var = (xmu ** 2).sum(0) / B
    inv = (var + eps) ** -0.5
    xhat = xmu * inv
    dbeta = dy.sum(0)
    dgamma = (dy * xhat).sum(0)
    dxhat = dy * gamma
    dinv = (dxhat * xmu).sum(0)
    dvar = dinv * -0.5 * (var + eps) ** -1.5
    dxmu = dxhat * inv + dvar * 2 * xmu / B
    dmu = -dxmu.sum(0)
    dx = dxmu + dmu / B
    return dx, dgamma, dbeta

# %% flatten_consecutive
def flatten_consecutive(x, n):
    morceaux = [x[:, i::n] for i in range(n)]
    y = torch.cat(morceaux, dim=2)
    if y.shape[1] == 1:
        y = y[:, 0]
    return y

# %% WaveNet
class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        # the output first, and biases that the normalisation takes away again
        self.out = torch.nn.Linear(H, V)
        self.norm3, self.norm2, self.norm1 = Norm(H), Norm(H), Norm(H)
        self.lin3 = torch.nn.Linear(2 * H, H)
        self.lin2 = torch.nn.Linear(2 * H, H)
        self.lin1 = torch.nn.Linear(2 * E, H)
        self.table = torch.nn.Embedding(V, E)

    def forward(self, X):
        x = self.table(X)
        x = torch.tanh(self.norm1(self.lin1(flatten_consecutive(x, 2))))
        x = torch.tanh(self.norm2(self.lin2(flatten_consecutive(x, 2))))
        x = torch.tanh(self.norm3(self.lin3(flatten_consecutive(x, 2))))
        return self.out(x)
