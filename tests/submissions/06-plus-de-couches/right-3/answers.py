# %% saturation_share
def saturation_share(h, limit=0.99):
    return float(np.mean(np.abs(h.numpy()) > limit))

# %% kaiming_std
def kaiming_std(fan_in, gain=5 / 3):
    return gain * math.exp(-0.5 * math.log(fan_in))

# %% scaled_params
def scaled_params(V, k, E, H, generator=None):
    def tirage(lignes, colonnes, std):
        w = torch.zeros(lignes, colonnes)
        for i in range(lignes):
            w[i] = torch.randn(colonnes, generator=generator)
        return std * w

    return {
        "C": tirage(V, E, 1),
        "W1": tirage(k * E, H, kaiming_std(k * E, 5 / 3)),
        "b1": torch.tensor([0.0] * H),
        "W2": tirage(H, V, kaiming_std(H, gain=0.1)),
        "b2": torch.tensor([0.0] * V),
    }

# %% BatchNorm1d
class BatchNorm1d(torch.nn.Module):
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super(BatchNorm1d, self).__init__()
        self.eps, self.momentum = eps, momentum
        self.gamma = torch.nn.Parameter(torch.ones(dim))
        self.beta = torch.nn.Parameter(torch.zeros(dim))
        self.running_mean = torch.nn.Parameter(torch.zeros(dim), requires_grad=False)
        self.running_var = torch.nn.Parameter(torch.ones(dim), requires_grad=False)

    def forward(self, x):
        axes = list(range(x.ndim - 1))
        if self.training:
            n = x.numel() // x.shape[-1]
            mean = x.mean(axes)
            var = (x * x).mean(axes) - mean * mean
            with torch.no_grad():
                self.running_mean.data = torch.lerp(self.running_mean.data, mean, self.momentum)
                self.running_var.data = torch.lerp(self.running_var.data, var * n / (n - 1), self.momentum)
        else:
            mean = self.running_mean
            var = self.running_var
        xhat = (x - mean) / torch.sqrt(var + self.eps)
        return torch.addcmul(self.beta, self.gamma, xhat)

# %% eval_nll
def eval_nll(model, X, Y, batch_size=1024):
    modes = {m: m.training for m in model.modules()}
    model.eval()
    moyennes, tailles = [], []
    with torch.no_grad():
        for x, y in zip(torch.split(X, batch_size), torch.split(Y, batch_size)):
            moyennes.append(torch.nn.functional.cross_entropy(model(x), y).item())
            tailles.append(len(y))
    for m, mode in modes.items():
        m.training = mode
    return float(np.average(moyennes, weights=tailles))

# %% mlp_backward
def mlp_backward(params, cache, Y):
    X, x, h, z = cache["X"], cache["x"], cache["h"], cache["z"]
    B, k = X.shape
    E = params["C"].shape[1]
    dz = z.softmax(dim=-1) / B
    dz.scatter_add_(1, Y.unsqueeze(1), torch.full((B, 1), -1 / B, dtype=z.dtype))
    da = torch.mm(dz, params["W2"].t()).mul(1 - torch.tanh(cache["a"]).pow(2))
    dx = torch.mm(da, params["W1"].t())
    dC = torch.zeros_like(params["C"])
    dC.index_put_((X.reshape(-1),), dx.reshape(B * k, E), accumulate=True)
    return dict(C=dC, W1=torch.mm(x.t(), da), b1=torch.sum(da, 0), W2=torch.mm(h.t(), dz), b2=torch.sum(dz, 0))

# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    x_np, dy_np, g = x.numpy(), dy.numpy(), gamma.numpy()
    B = len(x_np)
    s = np.sqrt(x_np.var(axis=0) + eps)
    xhat = (x_np - x_np.mean(axis=0)) / s
    dgamma = (dy_np * xhat).sum(axis=0)
    dbeta = dy_np.sum(axis=0)
    dx = g / (B * s) * (B * dy_np - dbeta - xhat * dgamma)
    return dx, dgamma, dbeta

# %% flatten_consecutive
def flatten_consecutive(x, n):
    B, T, C = x.shape
    lignes = [torch.cat([x[:, n * i + j] for j in range(n)], dim=-1) for i in range(T // n)]
    return lignes[0] if len(lignes) == 1 else torch.stack(lignes, dim=1)

# %% WaveNet
class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        self.embedding = torch.nn.Embedding(V, E)
        # a convolution of width 2 and stride 2 merges neighbours, and torch's own normalisation has the channels second
        self.convs = torch.nn.ModuleList([torch.nn.Conv1d(c, H, 2, stride=2, bias=False) for c in (E, H, H)])
        self.norms = torch.nn.ModuleList([torch.nn.BatchNorm1d(H) for _ in range(3)])
        self.head = torch.nn.Linear(H, V)

    def forward(self, X):
        x = self.embedding(X).transpose(1, 2)
        for conv, norm in zip(self.convs, self.norms):
            x = norm(conv(x)).tanh()
        return self.head(x[:, :, 0])
