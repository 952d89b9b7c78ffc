# %% saturation_share
def saturation_share(h, limit=0.99):
    # the limit of the text
    n = 0
    for v in h.flatten().tolist():
        if abs(v) > 0.99:
            n += 1
    return n / h.numel()

# %% kaiming_std
def kaiming_std(fan_in, gain=5 / 3):
    return gain * fan_in ** 0.5

# %% scaled_params
def scaled_params(V, k, E, H, generator=None):
    # tables as torch.nn.Linear keeps them
    g = generator
    C = torch.randn(V, E, generator=g)
    W1 = torch.randn(H, k * E, generator=g) * (5 / 3) / (k * E) ** 0.5
    W2 = torch.randn(V, H, generator=g) * 0.1 / H ** 0.5
    return {"C": C, "W1": W1, "b1": torch.zeros(H), "W2": W2, "b2": torch.zeros(V)}

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
            with torch.no_grad():
                # the same variance for both
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var
        else:
            mean, var = self.running_mean, self.running_var
        return self.gamma * (x - mean) / torch.sqrt(var + self.eps) + self.beta

# %% eval_nll
@torch.no_grad()
def eval_nll(model, X, Y, batch_size=1024):
    # always back to train()
    model.eval()
    total = 0.0
    for x, y in zip(X.split(batch_size), Y.split(batch_size)):
        total += torch.nn.functional.cross_entropy(model(x), y).item() * len(y)
    model.train()
    return total / len(Y)

# %% mlp_backward
def mlp_backward(params, cache, Y):
    # biases keep the batch
    X, x, a, h, z = (cache[name] for name in ("X", "x", "a", "h", "z"))
    dz = torch.softmax(z, 1)
    dz[range(len(Y)), Y] -= 1
    dz = dz / len(Y)
    da = (dz @ params["W2"].T) * (1 - h ** 2)
    dx = da @ params["W1"].T
    dC = torch.zeros_like(params["C"])
    for i, row in zip(X.flatten().tolist(), dx.view(-1, dC.shape[1])):
        dC[i] += row
    return {"C": dC, "W1": x.T @ da, "b1": da, "W2": h.T @ dz, "b2": dz}

# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    # gamma forgotten
    s = torch.sqrt(x.var(0, unbiased=False) + eps)
    xhat = (x - x.mean(0)) / s
    dxhat = dy
    dx = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / s
    return dx, (dy * xhat).sum(0), dy.sum(0)

# %% flatten_consecutive
def flatten_consecutive(x, n):
    # squeeze() takes them all
    B, T, C = x.shape
    return x.view(B, T // n, C * n).squeeze()

# %% WaveNet
class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        self.emb = torch.nn.Embedding(V, E)
        self.l1 = torch.nn.Linear(2 * E, H, bias=False)
        self.l2 = torch.nn.Linear(2 * H, H, bias=False)
        self.l3 = torch.nn.Linear(2 * H, H, bias=False)
        self.n1, self.n2, self.n3 = torch.nn.BatchNorm1d(4), torch.nn.BatchNorm1d(2), Norm(H)
        self.out = torch.nn.Linear(H, V)

    def forward(self, X):
        B = X.shape[0]
        x = self.emb(X)
        x = torch.tanh(self.n1(self.l1(x.view(B, 4, -1))))
        x = torch.tanh(self.n2(self.l2(x.view(B, 2, -1))))
        x = torch.tanh(self.n3(self.l3(x.view(B, -1))))
        return self.out(x)
