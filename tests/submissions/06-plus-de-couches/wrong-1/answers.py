# %% saturation_share
def saturation_share(h, limit=0.99):
    # only the positive end
    return (h > limit).float().mean().item()

# %% kaiming_std
def kaiming_std(fan_in, gain=5 / 3):
    return gain / fan_in

# %% scaled_params
def scaled_params(V, k, E, H, generator=None):
    # everything N(0, 1), biases too
    g = generator
    return {
        "C": torch.randn(V, E, generator=g),
        "W1": torch.randn(k * E, H, generator=g),
        "b1": torch.randn(H, generator=g),
        "W2": torch.randn(H, V, generator=g),
        "b2": torch.randn(V, generator=g),
    }

# %% BatchNorm1d
class BatchNorm1d(torch.nn.Module):
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps = eps
        self.momentum = momentum
        self.gamma = torch.nn.Parameter(torch.ones(dim))
        self.beta = torch.nn.Parameter(torch.zeros(dim))
        self.register_buffer("running_mean", torch.zeros(dim))
        self.register_buffer("running_var", torch.ones(dim))

    def forward(self, x):
        # the batch's statistics in both modes
        dims = tuple(range(x.ndim - 1))
        mean = x.mean(dims)
        var = x.var(dims, unbiased=False)
        if self.training:
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * x.var(dims)
        return self.gamma * (x - mean) / torch.sqrt(var + self.eps) + self.beta

# %% eval_nll
def eval_nll(model, X, Y, batch_size=1024):
    # no eval()
    total = 0.0
    with torch.no_grad():
        for i in range(0, len(X), batch_size):
            z = model(X[i:i + batch_size])
            total += torch.nn.functional.cross_entropy(z, Y[i:i + batch_size], reduction="sum").item()
    return total / len(X)

# %% mlp_backward
def mlp_backward(params, cache, Y):
    # no 1/B
    X, x, a, h, z = (cache[name] for name in ("X", "x", "a", "h", "z"))
    dz = torch.softmax(z, 1)
    dz[range(len(Y)), Y] -= 1
    da = (dz @ params["W2"].T) * (1 - h ** 2)
    dx = da @ params["W1"].T
    dC = torch.zeros_like(params["C"])
    for i, row in zip(X.flatten().tolist(), dx.view(-1, dC.shape[1])):
        dC[i] += row
    return {"C": dC, "W1": x.T @ da, "b1": da.sum(0), "W2": h.T @ dz, "b2": dz.sum(0)}

# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    # mean and variance as constants
    s = torch.sqrt(x.var(0, unbiased=False) + eps)
    xhat = (x - x.mean(0)) / s
    dxhat = dy * gamma
    dx = dxhat / s
    return dx, (dy * xhat).sum(0), dy.sum(0)

# %% flatten_consecutive
def flatten_consecutive(x, n):
    # n groups, instead of groups of n
    B, T, C = x.shape
    y = x.view(B, n, T * C // n)
    return y.squeeze(1) if y.shape[1] == 1 else y

# %% WaveNet
class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        self.emb = torch.nn.Embedding(V, E)
        self.l1 = torch.nn.Linear(2 * E, H, bias=False)
        self.l2 = torch.nn.Linear(2 * H, H, bias=False)
        self.l3 = torch.nn.Linear(2 * H, H, bias=False)
        self.n1, self.n2, self.n3 = Norm(H), Norm(H), Norm(H)
        self.out = torch.nn.Linear(H, V)

    def forward(self, X):
        B = X.shape[0]
        x = self.emb(X)
        x = (self.n1(self.l1(x.view(B, 4, -1))))
        x = (self.n2(self.l2(x.view(B, 2, -1))))
        x = (self.n3(self.l3(x.view(B, -1))))
        return self.out(x)  # no tanh
