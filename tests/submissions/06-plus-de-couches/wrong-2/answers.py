# %% saturation_share
def saturation_share(h, limit=0.99):
    # how many, not which share
    return (h.abs() > limit).sum().item()

# %% kaiming_std
def kaiming_std(fan_in, gain=5 / 3):
    return gain ** 2 / fan_in

# %% scaled_params
def scaled_params(V, k, E, H, generator=None):
    # the output layer like the hidden one
    g = generator
    return {
        "C": torch.randn(V, E, generator=g),
        "W1": torch.randn(k * E, H, generator=g) * (5 / 3) / (k * E) ** 0.5,
        "b1": torch.zeros(H),
        "W2": torch.randn(H, V, generator=g) * (5 / 3) / H ** 0.5,
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
        dims = tuple(range(x.ndim - 1))
        if self.training:
            mean = x.mean(dims)
            var = x.var(dims)  # corrected, as it comes
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * x.var(dims)
        else:
            mean, var = self.running_mean, self.running_var
        return self.gamma * (x - mean) / torch.sqrt(var + self.eps) + self.beta

# %% eval_nll
def eval_nll(model, X, Y, batch_size=1024):
    # mean of the batches' means
    mode = model.training
    model.eval()
    losses = []
    with torch.no_grad():
        for x, y in zip(X.split(batch_size), Y.split(batch_size)):
            losses.append(torch.nn.functional.cross_entropy(model(x), y).item())
    model.train(mode)
    return sum(losses) / len(losses)

# %% mlp_backward
def mlp_backward(params, cache, Y):
    # slope from the input of tanh
    X, x, a, h, z = (cache[name] for name in ("X", "x", "a", "h", "z"))
    dz = torch.softmax(z, 1)
    dz[range(len(Y)), Y] -= 1
    dz = dz / len(Y)
    da = (dz @ params["W2"].T) * (1 - a ** 2)
    dx = da @ params["W1"].T
    dC = torch.zeros_like(params["C"])
    for i, row in zip(X.flatten().tolist(), dx.view(-1, dC.shape[1])):
        dC[i] += row
    return {"C": dC, "W1": x.T @ da, "b1": da.sum(0), "W2": h.T @ dz, "b2": dz.sum(0)}

# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    # variance as a constant
    s = torch.sqrt(x.var(0, unbiased=False) + eps)
    xhat = (x - x.mean(0)) / s
    dxhat = dy * gamma
    dx = (dxhat - dxhat.mean(0)) / s
    return dx, (dy * xhat).sum(0), dy.sum(0)

# %% flatten_consecutive
def flatten_consecutive(x, n):
    # halves side by side
    y = torch.cat(x.split(x.shape[1] // n, dim=1), dim=2)
    return y.squeeze(1) if y.shape[1] == 1 else y

# %% WaveNet
class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        self.emb = torch.nn.Embedding(V, E)
        # a plain list
        self.layers = [torch.nn.Linear(2 * E, H, bias=False), torch.nn.Linear(2 * H, H, bias=False), torch.nn.Linear(2 * H, H, bias=False)]
        self.n1, self.n2, self.n3 = Norm(H), Norm(H), Norm(H)
        self.out = torch.nn.Linear(H, V)

    def forward(self, X):
        B = X.shape[0]
        x = self.emb(X)
        x = torch.tanh(self.n1(self.layers[0](x.view(B, 4, -1))))
        x = torch.tanh(self.n2(self.layers[1](x.view(B, 2, -1))))
        x = torch.tanh(self.n3(self.layers[2](x.view(B, -1))))
        return self.out(x)
