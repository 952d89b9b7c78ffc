# %% BatchNorm1d
class BatchNorm1d(torch.nn.Module):
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.gamma = torch.nn.Parameter(torch.ones(dim))
        self.beta = torch.nn.Parameter(torch.zeros(dim))
        self.register_buffer("running_mean", torch.zeros(dim))
        self.register_buffer("running_var", torch.ones(dim))
        self.seen = 0

    def forward(self, x):
        rows = x.reshape(-1, x.shape[-1])
        if self.training:
            mean, var = rows.mean(0), rows.var(0, unbiased=False)
            with torch.no_grad():
                if self.seen == 0:  # le premier lot
                    self.running_mean, self.running_var = mean.clone(), rows.var(0)
                else:
                    self.running_mean = self.running_mean.lerp(mean, self.momentum)
                    self.running_var = self.running_var.lerp(rows.var(0), self.momentum)
                self.seen += 1
        else:
            mean, var = self.running_mean, self.running_var
        return self.gamma * (x - mean) / torch.sqrt(var + self.eps) + self.beta


# %% mlp_backward
def mlp_backward(params, cache, Y):
    X, x, h, z = cache["X"], cache["x"], cache["h"], cache["z"]
    B = len(Y)
    dz = torch.softmax(z, dim=1)
    dz[range(B), Y] -= 1
    dz /= B
    dh = dz @ params["W2"].T
    h.square_().neg_().add_(1)  # 1 - h ** 2, sans copie
    da = dh * h
    dx = (da @ params["W1"].T).reshape(X.numel(), -1)
    dC = torch.zeros_like(params["C"])
    dC.index_add_(0, X.reshape(-1), dx)
    return {"C": dC, "W1": x.T @ da, "b1": da.sum(0), "W2": torch.tanh(cache["a"]).T @ dz, "b2": dz.sum(0)}


# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    s = x.std(0, correction=0) + eps
    xhat = (x - x.mean(0)) / s
    dxhat = dy * gamma
    dx = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / s
    return dx, (dy * xhat).sum(0), dy.sum(0)


# %% WaveNet
class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        self.C = torch.nn.Embedding(V, E)
        self.l1, self.n1 = torch.nn.Linear(2 * E, H, bias=False), torch.nn.LayerNorm(H)
        self.l2, self.n2 = torch.nn.Linear(2 * H, H, bias=False), torch.nn.LayerNorm(H)
        self.l3, self.n3 = torch.nn.Linear(2 * H, H, bias=False), torch.nn.LayerNorm(H)
        self.sortie = torch.nn.Linear(H, V)

    def forward(self, X):
        x = self.C(X)
        for l, n in ((self.l1, self.n1), (self.l2, self.n2), (self.l3, self.n3)):
            x = torch.tanh(n(l(flatten_consecutive(x, 2))))
        return self.sortie(x)
