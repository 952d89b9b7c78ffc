# %% saturation_share
def saturation_share(h, limit=0.99):
    return (h > limit).float().mean().item()

# %% kaiming_std
def kaiming_std(fan_in, gain=5 / 3):
    return gain / fan_in

# %% scaled_params
def scaled_params(V, k, E, H, generator=None):
    return {
        "C": torch.randn(V, E, generator=generator),
        "W1": torch.randn(k * E, H, generator=generator) * (5 / 3) / H**0.5,
        "b1": torch.zeros(H),
        "W2": torch.randn(H, V, generator=generator) * 0.1 / H**0.5,
        "b2": torch.zeros(V),
    }

# %% BatchNorm1d
class BatchNorm1d(torch.nn.Module):
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.gamma = torch.nn.Parameter(torch.ones(dim))
        self.beta = torch.nn.Parameter(torch.zeros(dim))
        self.register_buffer("running_mean", torch.zeros(dim))
        self.register_buffer("running_var", torch.ones(dim))

    def forward(self, x):
        if self.training:
            dims = (0,) if x.dim() == 2 else (0, 1)
            m, v = x.mean(dims), x.var(dims, unbiased=False)
            with torch.no_grad():
                self.running_mean = self.momentum * self.running_mean + (1 - self.momentum) * m
                self.running_var = self.momentum * self.running_var + (1 - self.momentum) * x.var(dims)
        else:
            m, v = self.running_mean, self.running_var
        return self.gamma * (x - m) / (v + self.eps).sqrt() + self.beta

# %% eval_nll
def eval_nll(model, X, Y, batch_size=1024):
    model.eval()
    total = 0.0
    with torch.no_grad():
        for x, y in zip(X.split(batch_size), Y.split(batch_size)):
            total += perte(model(x), y).item() * len(y)
    return total / len(Y)

# %% mlp_backward
def mlp_backward(params, cache, Y):
    B = len(Y)
    dz = cache["z"].softmax(1)
    dz[range(B), Y] -= 1
    dz /= B
    dh = dz @ params["W2"].T
    da = dh * (1 - cache["h"])
    dx = (da @ params["W1"].T).view(B, cache["X"].shape[1], -1)
    dC = torch.zeros_like(params["C"])
    dC.index_put_((cache["X"],), dx, accumulate=True)
    return {"C": dC, "W1": cache["x"].T @ da, "b1": da.sum(0), "W2": cache["h"].T @ dz, "b2": dz.sum(0)}

# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    inv = 1 / (x.var(0, unbiased=False) + eps).sqrt()
    xn = (x - x.mean(0)) * inv
    return dy * gamma * inv, (dy * xn).sum(0), dy.sum(0)

# %% flatten_consecutive
def flatten_consecutive(x, n):
    B, T, C = x.shape
    return x.view(B, T // n, n * C)

# %% WaveNet
class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        self.emb = torch.nn.Embedding(V, E)
        self.l1, self.l2, self.l3 = torch.nn.Linear(2 * E, H, bias=False), torch.nn.Linear(2 * H, H, bias=False), torch.nn.Linear(2 * H, H, bias=False)
        self.n1, self.n2, self.n3 = Norm(H), Norm(H), Norm(H)
        self.out = torch.nn.Linear(H, V)

    def forward(self, X):
        x = self.emb(X)
        x = torch.tanh(self.n1(self.l1(x.reshape(len(x), 4, -1))))
        x = torch.tanh(self.n2(self.l2(x.reshape(len(x), 2, -1))))
        x = self.n3(self.l3(x.reshape(len(x), -1)))
        return self.out(x)
