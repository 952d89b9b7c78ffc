# %% saturation_share
def saturation_share(h, limit=0.99):
    return (h**2 > limit).double().mean().item()
# %% scaled_params
def scaled_params(V, k, E, H, generator=None):
    if generator is not None:
        generator.manual_seed(42)
    r = lambda *s: torch.randn(*s, generator=generator)
    return {"C": r(V, E), "W1": r(k * E, H) * (5 / 3) / (k * E) ** 0.5, "b1": torch.zeros(H), "W2": r(H, V) * 0.1 / H**0.5, "b2": torch.zeros(V)}
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
            mean, var = x.mean(dims), x.var(dims, correction=0)
            with torch.no_grad():
                self.running_mean.mul_(1 - self.momentum).add_(self.momentum * mean)
                self.running_var.mul_(1 - self.momentum).add_(self.momentum * x.var(dims))
            xn = (x - mean) / torch.sqrt(var + self.eps)
        else:
            xn = (x - self.running_mean) / torch.sqrt(self.running_var)
        return self.gamma * xn + self.beta
# %% eval_nll
def eval_nll(model, X, Y, batch_size=1024):
    mode = model.training
    model.eval()
    torch.set_grad_enabled(False)
    total = 0.0
    for i in range(0, len(X), batch_size):
        x, y = X[i : i + batch_size], Y[i : i + batch_size]
        total += torch.nn.functional.cross_entropy(model(x), y, reduction="sum").item()
    model.train(mode)
    return total / len(X)
# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    B = x.shape[0]
    var = x.var(0) * (B - 1) / B
    s = torch.sqrt(var + eps)
    xn = (x - x.mean(0)) / s
    dxn = dy * gamma
    dx = (dxn - dxn.mean(0) - xn * (dxn * xn).mean(0)) / s
    return dx, (dy * xn).sum(0), dy.sum(0)
# %% flatten_consecutive
def flatten_consecutive(x, n):
    if n == 1:
        return x
    B, T, C = x.shape
    if T == n:
        return x.reshape(B, n * C)
    return x.reshape(B, T // n, n * C)
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
        x = torch.tanh(self.n1(self.l1(x.view(B, 4, -1))))
        x = torch.tanh(self.n2(self.l2(x.view(B, 2, -1))))
        x = self.n3(self.l3(x.view(B, -1)))
        return self.out(x)
