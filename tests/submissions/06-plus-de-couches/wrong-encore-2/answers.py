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
            with torch.no_grad():
                rows = x.flatten(0, -2)
                mean, var = rows.mean(0), rows.var(0, unbiased=False)
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * rows.var(0)
        else:
            mean, var = self.running_mean, self.running_var
        return self.gamma * (x - mean) / (var + self.eps).sqrt() + self.beta


# %% mlp_backward
def mlp_backward(params, cache, Y):
    B = len(Y)
    onehot = torch.nn.functional.one_hot(Y)
    dz = (torch.softmax(cache["z"], 1) - onehot) / B
    dW2, db2 = cache["h"].T @ dz, dz.sum(0)
    da = (dz @ params["W2"].T) * (1 - cache["h"] ** 2)
    dW1, db1 = cache["x"].T @ da, da.sum(0)
    dx = (da @ params["W1"].T).view(B, cache["X"].shape[1], -1)
    dC = torch.zeros_like(params["C"])
    for n in range(B):
        for j in range(cache["X"].shape[1]):
            dC[cache["X"][n, j]] += dx[n, j]
    return {"C": dC, "W1": dW1, "b1": db1, "W2": dW2, "b2": db2}


# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    B = x.shape[0]
    mu = x.mean(0)
    var = ((x - mu) ** 2).mean(0)
    s = (var + eps).sqrt()
    xhat = (x - mu) / s
    dxhat = dy * gamma
    ds = -(dxhat * (x - mu) / s**2).sum(0)
    dvar = ds / s  # la racine : 1/s
    dx = dxhat / s + dvar * 2 * (x - mu) / B
    dmu = -dx.sum(0)
    return dx + dmu / B, (dy * xhat).sum(0), dy.sum(0)
