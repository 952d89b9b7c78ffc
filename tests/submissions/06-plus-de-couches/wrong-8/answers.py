# %% saturation_share
def saturation_share(h, limit=0.99):
    # only the first dimension counts as the size
    return (h.abs() > limit).sum().item() / len(h)

# %% kaiming_std
def kaiming_std(fan_in, gain=5 / 3):
    return math.sqrt(2 / fan_in)

# %% scaled_params
def scaled_params(V, k, E, H, generator=None):
    # divided by fan_in, not by its root; biases of 0.01
    g = generator
    return {
        "C": torch.randn(V, E, generator=g),
        "W1": torch.randn(k * E, H, generator=g) * (5 / 3) / (k * E),
        "b1": torch.full((H,), 0.01),
        "W2": torch.randn(H, V, generator=g) * 0.1 / H,
        "b2": torch.full((V,), 0.01),
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
        dims = tuple(range(x.ndim - 1))
        if self.training:
            mean = x.mean(dims)
            var = x.var(dims, unbiased=False)
        else:
            mean, var = self.running_mean, self.running_var
        # updates in both modes
        with torch.no_grad():
            self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * x.mean(dims)
            self.running_var = (1 - self.momentum) * self.running_var + self.momentum * x.var(dims)
        return self.gamma * (x - mean) / torch.sqrt(var + self.eps) + self.beta

# %% eval_nll
def eval_nll(model, X, Y, batch_size=1024):
    # a loss with its graph
    mode = model.training
    model.eval()
    total = 0
    for x, y in zip(X.split(batch_size), Y.split(batch_size)):
        total = total + torch.nn.functional.cross_entropy(model(x), y, reduction="sum")
    model.train(mode)
    return total / len(Y)

# %% mlp_backward
def mlp_backward(params, cache, Y):
    # tanh forgotten
    X, x, a, h, z = (cache[name] for name in ("X", "x", "a", "h", "z"))
    dz = torch.softmax(z, 1)
    dz[range(len(Y)), Y] -= 1
    dz = dz / len(Y)
    da = (dz @ params["W2"].T) * (1)
    dx = da @ params["W1"].T
    dC = torch.zeros_like(params["C"])
    for i, row in zip(X.flatten().tolist(), dx.view(-1, dC.shape[1])):
        dC[i] += row
    return {"C": dC, "W1": x.T @ da, "b1": da.sum(0), "W2": h.T @ dz, "b2": dz.sum(0)}

# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    # mean as a constant
    s = torch.sqrt(x.var(0, unbiased=False) + eps)
    xhat = (x - x.mean(0)) / s
    dxhat = dy * gamma
    dx = (dxhat - xhat * (dxhat * xhat).mean(0)) / s
    return dx, (dy * xhat).sum(0), dy.sum(0)

# %% flatten_consecutive
def flatten_consecutive(x, n):
    # squeezes whenever the lot has one example
    B, T, C = x.shape
    y = x.view(B, T // n, C * n)
    return y.squeeze(0) if B == 1 else y

# %% WaveNet
class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        self.emb = torch.nn.Embedding(V, E)
        self.l1 = torch.nn.Linear(2 * E, H, bias=False)
        self.n1 = Norm(H)
        self.out = torch.nn.Linear(H, V)

    def forward(self, X):
        x = self.emb(X[:, -2:]).flatten(1)  # one stage, the last two symbols
        return self.out(torch.tanh(self.n1(self.l1(x))))
