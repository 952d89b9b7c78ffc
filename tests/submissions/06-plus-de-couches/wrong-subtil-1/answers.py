# %% saturation_share
def saturation_share(h, limit=0.99):
    return round((h.abs() > limit).float().mean().item(), 2)
# %% kaiming_std
def kaiming_std(fan_in, gain=5 / 3):
    return round(gain / math.sqrt(fan_in), 4)
# %% scaled_params
def scaled_params(V, k, E, H, generator=None):
    return {
        "C": torch.randn(V, E, generator=generator),
        "W1": torch.randn(k * E, H) * (5 / 3) / math.sqrt(k * E),
        "b1": torch.zeros(H),
        "W2": torch.randn(H, V) * 0.1 / math.sqrt(H),
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
            dims = tuple(range(x.ndim - 1))
            mean = x.mean(dims)
            var = x.var(dims, correction=0)
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * x.var(dims)
        else:
            mean, var = self.running_mean, self.running_var
        x -= mean
        x /= torch.sqrt(var + self.eps)
        return self.gamma * x + self.beta
# %% eval_nll
def eval_nll(model, X, Y, batch_size=1024):
    mode = model.training
    model.eval()
    total = 0.0
    with torch.no_grad():
        for i in range(0, len(X), batch_size):
            x, y = X[i : i + batch_size], Y[i : i + batch_size]
            total += torch.nn.functional.cross_entropy(model(x), y).item() * len(x)
    model.training = mode
    return total / len(X)
# %% mlp_backward
def mlp_backward(params, cache, Y):
    B = len(Y)
    x = params["C"][cache["X"]].flatten(1)
    h = torch.tanh(x @ params["W1"] + params["b1"])
    dz = torch.softmax(h @ params["W2"] + params["b2"], 1)
    dz[torch.arange(B), Y] -= 1
    dz /= B
    da = (dz @ params["W2"].T) * (1 - h**2)
    dx = (da @ params["W1"].T).view(-1, params["C"].shape[1])
    dC = torch.zeros_like(params["C"]).index_add_(0, cache["X"].flatten(), dx)
    return {"C": dC, "W1": x.T @ da, "b1": da.sum(0), "W2": h.T @ dz, "b2": dz.sum(0)}
# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    xn = (x - x.mean(0)) / s
    dgamma, dbeta = (dy * xn).sum(0), dy.sum(0)
    dy *= gamma
    dx = (dy - dy.mean(0) - xn * (dy * xn).mean(0)) / s
    return dx, dgamma, dbeta
# %% WaveNet
class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        self.emb = torch.nn.Embedding(V, E)
        self.l1, self.n1 = torch.nn.Linear(2 * E, H, bias=False), Norm(H)
        self.l2, self.n2 = torch.nn.Linear(2 * H, H, bias=False), Norm(H)
        self.l3, self.n3 = torch.nn.Linear(2 * H, H, bias=False), Norm(H)
        self.out = torch.nn.Linear(H, V)

    def forward(self, X):
        x = self.emb(X)
        B = len(X)
        x = self.n1(torch.tanh(self.l1(x.view(B, 4, -1))))
        x = self.n2(torch.tanh(self.l2(x.view(B, 2, -1))))
        x = self.n3(torch.tanh(self.l3(x.view(B, -1))))
        return self.out(x)
