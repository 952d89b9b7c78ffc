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
            rows = x.reshape(-1, x.shape[-1])
            n = rows.shape[0]
            mean = rows.mean(0)
            var = ((rows - mean) ** 2).mean(0) + self.eps
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * var * n / (n - 1)
            std = var.sqrt()
        else:
            mean, std = self.running_mean, (self.running_var + self.eps).sqrt()
        return self.gamma * (x - mean) / std + self.beta


# %% mlp_backward
def mlp_backward(params, cache, Y):
    B, k = cache["X"].shape
    E = params["C"].shape[1]
    dz = torch.softmax(cache["z"], 1)
    dz[torch.arange(B), Y] -= 1
    dz /= B
    da = (dz @ params["W2"].T) * (1 - cache["h"] ** 2)
    dx = (da @ params["W1"].T).view(B, E, k).transpose(1, 2)
    dC = torch.zeros_like(params["C"])
    dC.index_put_((cache["X"],), dx, accumulate=True)
    return {"C": dC, "W1": cache["x"].T @ da, "b1": da.sum(0), "W2": cache["h"].T @ dz, "b2": dz.sum(0)}


# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, unbiased=False) + eps)
    xhat = (x - x.mean(0)) / s
    dxhat = dy * gamma
    dx = (dxhat - dxhat.mean() - xhat * (dxhat * xhat).mean()) / s
    return dx, (dy * xhat).sum(0), dy.sum(0)


# %% WaveNet
class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        self.C = torch.nn.Embedding(V, E)
        self.premier = torch.nn.Linear(2 * E, H, bias=False)
        self.suivant = torch.nn.Linear(2 * H, H, bias=False)  # la même couche linéaire traite toutes les paires
        self.n1, self.n2, self.n3 = Norm(H), Norm(H), Norm(H)
        self.sortie = torch.nn.Linear(H, V)

    def forward(self, X):
        x = self.C(X)
        x = torch.tanh(self.n1(self.premier(flatten_consecutive(x, 2))))
        x = torch.tanh(self.n2(self.suivant(flatten_consecutive(x, 2))))
        x = torch.tanh(self.n3(self.suivant(flatten_consecutive(x, 2))))
        return self.sortie(x)
