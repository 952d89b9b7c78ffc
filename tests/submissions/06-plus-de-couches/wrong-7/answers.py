# %% saturation_share
def saturation_share(h, limit=0.99):
    # in percent
    return 100 * (h.abs() > limit).float().mean().item()

# %% kaiming_std
def kaiming_std(fan_in, gain=5 / 3):
    # draws the weights themselves
    return torch.randn(fan_in) * gain / fan_in ** 0.5

# %% scaled_params
def scaled_params(V, k, E, H, generator=None):
    # its own seed
    torch.manual_seed(42)
    return {
        "C": torch.randn(V, E),
        "W1": torch.randn(k * E, H) * (5 / 3) / (k * E) ** 0.5,
        "b1": torch.zeros(H),
        "W2": torch.randn(H, V) * 0.1 / H ** 0.5,
        "b2": torch.zeros(V),
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
        # the first dimension only
        if self.training:
            mean = x.mean(0)
            var = x.var(0, unbiased=False)
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * x.var(0)
        else:
            mean, var = self.running_mean, self.running_var
        return self.gamma * (x - mean) / torch.sqrt(var + self.eps) + self.beta

# %% eval_nll
@torch.no_grad()
def eval_nll(model, X, Y, batch_size=1024):
    # only whole batches
    mode = model.training
    model.eval()
    total, count = 0.0, 0
    for i in range(len(X) // batch_size):
        x, y = X[i * batch_size:(i + 1) * batch_size], Y[i * batch_size:(i + 1) * batch_size]
        total += torch.nn.functional.cross_entropy(model(x), y, reduction="sum").item()
        count += len(y)
    model.train(mode)
    return total / count

# %% mlp_backward
def mlp_backward(params, cache, Y):
    # += with repeated indices
    X, x, a, h, z = (cache[name] for name in ("X", "x", "a", "h", "z"))
    dz = torch.softmax(z, 1)
    dz[range(len(Y)), Y] -= 1
    dz = dz / len(Y)
    da = (dz @ params["W2"].T) * (1 - h ** 2)
    dx = da @ params["W1"].T
    dC = torch.zeros_like(params["C"])
    dC[X] += dx.view(*X.shape, -1)
    return {"C": dC, "W1": x.T @ da, "b1": da.sum(0), "W2": h.T @ dz, "b2": dz.sum(0)}

# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    # eps fixed
    s = torch.sqrt(x.var(0, unbiased=False) + 1e-5)
    xhat = (x - x.mean(0)) / s
    dxhat = dy * gamma
    dx = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / s
    return dx, (dy * xhat).sum(0), dy.sum(0)

# %% flatten_consecutive
def flatten_consecutive(x, n):
    # two by two, whatever n
    y = torch.cat([x[:, ::2], x[:, 1::2]], dim=2)
    return y.squeeze(1) if y.shape[1] == 1 else y

# %% WaveNet
class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        self.emb = torch.nn.Embedding(V, E)
        self.l1 = torch.nn.Linear(2 * E, H, bias=False)
        self.l2 = torch.nn.Linear(2 * H, H, bias=False)
        self.l3 = torch.nn.Linear(2 * H, H, bias=False)
        self.out = torch.nn.Linear(H, V)

    def forward(self, X):
        B = X.shape[0]
        x = self.emb(X)
        x = torch.tanh(self.l1(x.view(B, 4, -1)))
        x = torch.tanh(self.l2(x.view(B, 2, -1)))
        x = torch.tanh(self.l3(x.view(B, -1)))
        return self.out(x)
