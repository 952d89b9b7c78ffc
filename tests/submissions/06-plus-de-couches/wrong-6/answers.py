# %% saturation_share
def saturation_share(h, limit=0.99):
    # the wrong way round
    return (torch.abs(h) < limit).float().mean().item()

# %% kaiming_std
def kaiming_std(fan_in, gain=5 / 3):
    return 1 / math.sqrt(fan_in)

# %% scaled_params
def scaled_params(V, k, E, H, generator=None):
    # the generator forgotten in one draw
    return {
        "C": torch.randn(V, E, generator=generator),
        "W1": torch.randn(k * E, H, generator=generator) * (5 / 3) / (k * E) ** 0.5,
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
        dims = tuple(range(x.ndim - 1))
        if self.training:
            mean = x.mean(dims)
            var = x.var(dims, unbiased=False)
            # no no_grad, no detach
            self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
            self.running_var = (1 - self.momentum) * self.running_var + self.momentum * x.var(dims)
        else:
            mean, var = self.running_mean, self.running_var
        return self.gamma * (x - mean) / torch.sqrt(var + self.eps) + self.beta

# %% eval_nll
@torch.no_grad()
def eval_nll(model, X, Y, batch_size=1024):
    # overwritten in the loop
    mode = model.training
    model.eval()
    for x, y in zip(X.split(batch_size), Y.split(batch_size)):
        loss = torch.nn.functional.cross_entropy(model(x), y).item()
    model.train(mode)
    return loss

# %% mlp_backward
def mlp_backward(params, cache, Y):
    # everything in float32
    X, x, h, z = cache["X"], cache["x"].float(), cache["h"].float(), cache["z"].float()
    dz = (z.softmax(1) - torch.nn.functional.one_hot(Y, z.shape[1]).float()) / len(Y)
    da = (dz @ params["W2"].float().T) * (1 - h ** 2)
    dx = da @ params["W1"].float().T
    dC = torch.zeros(params["C"].shape).index_add(0, X.flatten(), dx.view(X.numel(), -1))
    return {"C": dC, "W1": x.T @ da, "b1": da.sum(0), "W2": h.T @ dz, "b2": dz.sum(0)}

# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    # x for xhat
    s = torch.sqrt(x.var(0, unbiased=False) + eps)
    xhat = (x - x.mean(0)) / s
    dxhat = dy * gamma
    dx = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / s
    return dx, (dy * x).sum(0), dy.sum(0)

# %% flatten_consecutive
def flatten_consecutive(x, n):
    # channels take turns
    y = torch.stack([x[:, i::n] for i in range(n)], dim=-1).flatten(2)
    return y.squeeze(1) if y.shape[1] == 1 else y

# %% WaveNet
class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        self.emb = torch.nn.Embedding(V, E)
        self.l1 = torch.nn.Linear(2 * E, H, bias=False)
        self.l2 = torch.nn.Linear(2 * H, H, bias=False)
        self.l3 = torch.nn.Linear(2 * H, H, bias=False)
        self.n1, self.n2, self.n3 = Norm(H), Norm(H), Norm(H)
        self.out = torch.nn.Linear(H, V)

    def forward(self, X):
        B = X.shape[0]
        x = self.emb(X)
        x = torch.tanh(self.n1(self.l1(x.view(B, 4, -1))))
        x = torch.tanh(self.n2(self.l2(x.view(B, 2, -1))))
        x = torch.tanh(self.n3(self.l3(x.view(B, -1))))
        return torch.softmax(self.out(x), dim=1)
