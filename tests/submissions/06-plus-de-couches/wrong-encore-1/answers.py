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
            dims = tuple(range(x.dim() - 1))
            B = x.shape[0]
            mean, var = x.mean(dims), x.var(dims, correction=0)
            with torch.no_grad():
                self.running_mean += self.momentum * (mean - self.running_mean)
                self.running_var += self.momentum * (var * B / (B - 1) - self.running_var)
        else:
            mean, var = self.running_mean, self.running_var
        return self.gamma * (x - mean) / torch.sqrt(var + self.eps) + self.beta


# %% eval_nll
def eval_nll(model, X, Y, batch_size=1024):
    mode = model.training
    model.eval()
    total = 0.0
    for x, y in zip(X.split(batch_size), Y.split(batch_size)):
        total += torch.nn.functional.cross_entropy(model(x), y, reduction="sum").item()
    model.train(mode)
    return total / len(Y)


# %% mlp_backward
def mlp_backward(params, cache, Y):
    B = len(Y)
    dz = cache["z"].softmax(1)
    dz[torch.arange(B), Y] -= 1
    dz = dz / B
    da = (dz @ params["W2"].T) * (1 - cache["h"] ** 2)
    dx = da @ params["W1"].T
    dC = torch.zeros_like(params["C"])
    dC.index_add_(0, cache["X"].flatten(), dx.view(-1, dC.shape[1]))
    return {"C": dC, "W1": cache["x"].T @ da, "b1": da.mean(0), "W2": cache["h"].T @ dz, "b2": dz.mean(0)}


# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, correction=0) + eps)
    xhat = (x - x.mean(0)) / s
    dxhat = gamma * dy
    dx = (dxhat - dxhat.sum(0) - xhat * (dxhat * xhat).sum(0)) / s
    return dx, (dy * xhat).sum(0), dy.sum(0)


# %% WaveNet
class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        self.embedding = torch.nn.Embedding(V, E)
        self.lin1 = torch.nn.Linear(2 * E, H, bias=False)
        self.lin2 = torch.nn.Linear(2 * H, H, bias=False)
        self.lin3 = torch.nn.Linear(2 * H, H, bias=False)
        self.norm = Norm(H)
        self.out = torch.nn.Linear(H, V)

    def forward(self, X):
        x = self.embedding(X)
        for lin in (self.lin1, self.lin2, self.lin3):
            x = torch.tanh(self.norm(lin(flatten_consecutive(x, 2))))
        return self.out(x)
