# %% saturation_share
def saturation_share(h, limit=0.99):
    return torch.count_nonzero(torch.logical_or(h > limit, h < -limit)) / h.numel()

# %% kaiming_std
def kaiming_std(fan_in, gain=5 / 3):
    return torch.tensor(gain ** 2 / fan_in, dtype=torch.float64).sqrt()

# %% scaled_params
def scaled_params(V, k, E, H, generator=None):
    stds = [("C", (V, E), 1.0), ("W1", (k * E, H), 5 / 3 / math.sqrt(k * E)), ("W2", (H, V), 0.1 / math.sqrt(H))]
    params = {"b2": torch.zeros(V), "b1": torch.zeros(H)}
    for name, shape, std in stds:
        params[name] = torch.nn.Parameter(torch.randn(shape, generator=generator) * std)
    return params

# %% BatchNorm1d
class BatchNorm1d(torch.nn.Module):
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super().__init__()
        self.dim, self.eps, self.momentum = dim, eps, momentum
        self.gamma = torch.nn.Parameter(torch.ones(dim))
        self.beta = torch.nn.Parameter(torch.zeros(dim))
        self.register_buffer("running_mean", torch.zeros(dim))
        self.register_buffer("running_var", torch.ones(dim))
        self.register_buffer("seen", torch.tensor(0))

    def forward(self, x):
        flat = x.flatten(0, -2)
        if self.training:
            var, mean = torch.var_mean(flat, dim=0, unbiased=False)
            n = flat.size(0)
            self.running_mean.mul_(1 - self.momentum).add_(mean.detach(), alpha=self.momentum)
            self.running_var.mul_(1 - self.momentum).add_(var.detach() * (n / (n - 1)), alpha=self.momentum)
            self.seen += 1
        else:
            mean, var = self.running_mean, self.running_var
        scale = self.gamma * torch.rsqrt(var + self.eps)
        return (flat * scale + (self.beta - mean * scale)).reshape(x.shape)

# %% eval_nll
@torch.no_grad()
def eval_nll(model, X, Y, batch_size=1024):
    avant = model.training
    try:
        model.eval()
        lots = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, Y), batch_size=batch_size)
        somme = torch.zeros((), dtype=torch.float64)
        for x, y in lots:
            z = model(x).double()
            somme += (z.logsumexp(1) - z.gather(1, y[:, None])[:, 0]).sum()
        return somme / len(Y)
    finally:
        model.train(avant)

# %% mlp_backward
def mlp_backward(params, cache, Y):
    C, W1, W2 = params["C"], params["W1"], params["W2"]
    V, E = C.shape
    X, x, h, z = cache["X"], cache["x"], cache["h"], cache["z"]
    juste = torch.eye(V, dtype=z.dtype)[Y]
    dz = (torch.exp(z - z.logsumexp(1, keepdim=True)) - juste) / z.shape[0]
    dh = torch.einsum("bv,hv->bh", dz, W2)
    da = dh / torch.cosh(cache["a"]) ** 2
    dx = torch.einsum("bh,ih->bi", da, W1).reshape(*X.shape, E)
    dC = torch.einsum("bkv,bke->ve", torch.eye(V, dtype=z.dtype)[X], dx)
    ones = torch.ones(z.shape[0], dtype=z.dtype)
    return {
        "C": dC,
        "W1": torch.einsum("bi,bh->ih", x, da),
        "b1": ones @ da,
        "W2": torch.einsum("bh,bv->hv", h, dz),
        "b2": ones @ dz,
    }

# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    # the whole Jacobian of every channel
    B, C = x.shape
    s = (x.var(0, correction=0) + eps).sqrt()
    xhat = (x - x.mean(0)) / s
    dx = torch.zeros_like(x)
    for c in range(C):
        u = xhat[:, c]
        J = (torch.eye(B, dtype=x.dtype) - 1 / B - torch.outer(u, u) / B) / s[c]
        dx[:, c] = gamma[c] * J @ dy[:, c]
    return [dx, torch.einsum("bc,bc->c", dy, xhat), dy.sum(dim=0)]

# %% flatten_consecutive
def flatten_consecutive(x, n):
    y = x.unflatten(1, (-1, n)).flatten(2)
    return y.flatten(1) if y.size(1) == 1 else y

# %% WaveNet
class Reunir(torch.nn.Module):
    def forward(self, x):
        return flatten_consecutive(x, 2)


class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        couches = [torch.nn.Embedding(V, E)]
        for entrees in (E, H, H):
            couches += [Reunir(), torch.nn.Linear(2 * entrees, H, bias=False), Norm(H), torch.nn.Tanh()]
        couches.append(torch.nn.Linear(H, V))
        self.net = torch.nn.Sequential(*couches)

    def forward(self, X):
        return self.net(X)
