# %% saturation_share
def saturation_share(h, limit=0.99):
    valeurs = np.abs(h.detach().numpy()).ravel()
    return float(np.count_nonzero(valeurs > limit) / valeurs.size)

# %% kaiming_std
kaiming_std = lambda fan_in, gain=5 / 3: float(gain * fan_in**-0.5)

# %% scaled_params
def scaled_params(V, k, E, H, generator=None):
    graine = int(torch.randint(2**31, (1,), generator=generator))
    rng = np.random.default_rng(graine)

    def tirer(ecart, *forme):
        return torch.from_numpy(rng.normal(0.0, ecart, size=forme)).float()

    return {
        "b2": torch.zeros(V),
        "b1": torch.zeros(H),
        "C": tirer(1.0, V, E),
        "W1": tirer(kaiming_std(k * E), k * E, H),
        "W2": tirer(kaiming_std(H, 0.1), H, V),
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
        if not self.training:
            return (x - self.running_mean) / (self.running_var + self.eps).sqrt() * self.gamma + self.beta
        plat = x.reshape(-1, x.shape[-1])
        n = plat.shape[0]
        moyenne = plat.sum(0) / n
        ecarts = plat - moyenne
        variance = (ecarts * ecarts).sum(0) / n
        with torch.no_grad():
            self.running_mean.lerp_(moyenne, self.momentum)
            self.running_var.lerp_(variance * n / max(n - 1, 1), self.momentum)
        y = ecarts / (variance + self.eps).sqrt()
        return (self.gamma * y + self.beta).reshape(x.shape)

# %% eval_nll
def eval_nll(model, X, Y, batch_size=1024):
    mode = model.training
    model.eval()
    try:
        surprises = []
        with torch.no_grad():
            for debut in range(0, len(X), batch_size):
                z = model(X[debut : debut + batch_size]).numpy().astype(np.float64)
                y = Y[debut : debut + batch_size].numpy()
                m = z.max(1)
                surprises.extend(m + np.log(np.exp(z - m[:, None]).sum(1)) - z[np.arange(len(y)), y])
        return float(np.mean(surprises))
    finally:
        model.train(mode)

# %% mlp_backward
def mlp_backward(params, cache, Y):
    p = {nom: t.detach().numpy() for nom, t in params.items()}
    c = {nom: t.detach().numpy() for nom, t in cache.items()}
    B = len(Y)
    e = np.exp(c["z"] - c["z"].max(1, keepdims=True))
    dz = e / e.sum(1, keepdims=True)
    dz[np.arange(B), Y.numpy()] -= 1
    dz = dz / B
    dh = dz @ p["W2"].T
    da = dh - dh * c["h"] ** 2
    dx = da @ p["W1"].T
    dC = np.zeros_like(p["C"])
    E = p["C"].shape[1]
    for t in range(c["X"].shape[1]):
        np.add.at(dC, c["X"][:, t], dx[:, t * E : (t + 1) * E])
    grads = {"C": dC, "W1": c["x"].T @ da, "b1": da.sum(0), "W2": c["h"].T @ dz, "b2": dz.sum(0)}
    return {nom: torch.from_numpy(g) for nom, g in grads.items()}

# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    dy, x, gamma = dy.numpy(), x.numpy(), gamma.numpy()
    B = len(x)
    mu = x.mean(0)
    var = x.var(0)
    inv = 1 / np.sqrt(var + eps)
    xhat = (x - mu) * inv
    dxhat = dy * gamma
    dvar = (dxhat * (x - mu)).sum(0) * -0.5 * inv**3
    dmu = -(dxhat * inv).sum(0) + dvar * (-2 * (x - mu)).mean(0)
    dx = dxhat * inv + dvar * 2 * (x - mu) / B + dmu / B
    return dx, (dy * xhat).sum(0), dy.sum(0)

# %% flatten_consecutive
def flatten_consecutive(x, n):
    B, T, C = x.shape
    groupes = [torch.cat([x[:, i * n + j] for j in range(n)], dim=1) for i in range(T // n)]
    return groupes[0] if len(groupes) == 1 else torch.stack(groupes, dim=1)

# %% WaveNet
class Etage(torch.nn.Module):
    def __init__(self, entrees, H):
        super().__init__()
        self.lineaire = torch.nn.Linear(2 * entrees, H, bias=False)
        self.norme = Norm(H)

    def forward(self, x):
        B, T, C = x.shape
        x = x.reshape(B, T // 2, 2 * C)
        if T == 2:
            x = x[:, 0]
        return torch.tanh(self.norme(self.lineaire(x)))

class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        self.plongement = torch.nn.Embedding(V, E)
        self.etages = torch.nn.ModuleList([Etage(E, H), Etage(H, H), Etage(H, H)])
        self.sortie = torch.nn.Linear(H, V)

    def forward(self, X):
        x = self.plongement(X)
        for etage in self.etages:
            x = etage(x)
        return self.sortie(x)
