# %% saturation_share
def saturation_share(h, limit=0.99):
    compte = 0
    for v in h.flatten().tolist():
        if v > limit or v < -limit:
            compte += 1
    return compte / h.numel()

# %% kaiming_std
def kaiming_std(fan_in, gain=5 / 3):
    variance = gain**2 / fan_in
    return math.sqrt(variance)

# %% scaled_params
def scaled_params(V, k, E, H, generator=None):
    p = {}
    for nom, forme, ecart in [("C", (V, E), 1), ("W1", (k * E, H), kaiming_std(k * E)), ("W2", (H, V), kaiming_std(H, gain=0.1))]:
        p[nom] = torch.randn(forme, generator=generator) * ecart
    p["b1"], p["b2"] = torch.zeros(H), torch.zeros(V)
    return p

# %% BatchNorm1d
class BatchNorm1d(torch.nn.Module):
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps = eps
        self.momentum = momentum
        self.gamma = torch.nn.Parameter(torch.ones(dim))
        self.beta = torch.nn.Parameter(torch.zeros(dim))
        self.running_mean = torch.zeros(dim)
        self.running_var = torch.ones(dim)

    def forward(self, x):
        if self.training:
            axes = tuple(range(x.dim() - 1))
            m = x.mean(axes)
            v = x.var(axes, correction=0)
            n = x.numel() // x.shape[-1]
            a = self.momentum
            vrai = x.detach().var(axes, correction=1) if n > 1 else v.detach()
            self.running_mean = (1 - a) * self.running_mean + a * m.detach()
            self.running_var = (1 - a) * self.running_var + a * vrai
        else:
            m, v = self.running_mean, self.running_var
        return self.gamma * ((x - m) * torch.rsqrt(v + self.eps)) + self.beta

# %% eval_nll
def eval_nll(model, X, Y, batch_size=1024):
    etait = model.training
    model.eval()
    somme, nombre = 0.0, 0
    i = 0
    while i < X.shape[0]:
        with torch.no_grad():
            scores = model(X[i : i + batch_size])
            log_p = torch.log_softmax(scores.double(), dim=1)
        for ligne, y in zip(log_p, Y[i : i + batch_size]):
            somme -= ligne[y].item()
            nombre += 1
        i += batch_size
    if etait:
        model.train()
    return somme / nombre

# %% mlp_backward
def mlp_backward(params, cache, Y):
    grads = {nom: torch.zeros_like(t) for nom, t in params.items()}
    E = params["C"].shape[1]
    B = Y.shape[0]
    with torch.no_grad():
        for n in range(B):
            dz = torch.softmax(cache["z"][n], 0)
            dz[Y[n]] -= 1
            dz = dz / B
            grads["b2"] += dz
            grads["W2"] += torch.outer(cache["h"][n], dz)
            da = (params["W2"] @ dz) * (1 - torch.tanh(cache["a"][n]) ** 2)
            grads["b1"] += da
            grads["W1"] += torch.outer(cache["x"][n], da)
            dx = params["W1"] @ da
            for t, symbole in enumerate(cache["X"][n]):
                grads["C"][symbole] += dx[t * E : (t + 1) * E]
    return grads

# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    B, C = x.shape
    dx = torch.zeros_like(x)
    dgamma = torch.zeros_like(gamma)
    dbeta = torch.zeros_like(gamma)
    for c in range(C):
        colonne = x[:, c]
        s = (((colonne - colonne.mean()) ** 2).mean() + eps) ** 0.5
        xn = (colonne - colonne.mean()) / s
        J = (torch.eye(B, dtype=x.dtype) - 1 / B - torch.outer(xn, xn) / B) / s
        dx[:, c] = gamma[c] * (J.T @ dy[:, c])
        dgamma[c] = dy[:, c] @ xn
        dbeta[c] = dy[:, c].sum()
    return dx, dgamma, dbeta

# %% flatten_consecutive
def flatten_consecutive(x, n):
    B, T, C = x.size()
    if T == n:
        return x.reshape(B, n * C)
    return x.reshape(B, T // n, n * C)

# %% WaveNet
class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        self.C = torch.nn.Parameter(torch.randn(V, E))
        self.W1 = torch.nn.Parameter(torch.randn(2 * E, H) * kaiming_std(2 * E))
        self.W2 = torch.nn.Parameter(torch.randn(2 * H, H) * kaiming_std(2 * H))
        self.W3 = torch.nn.Parameter(torch.randn(2 * H, H) * kaiming_std(2 * H))
        self.n1, self.n2, self.n3 = Norm(H), Norm(H), Norm(H)
        self.W4 = torch.nn.Parameter(torch.randn(H, V) * kaiming_std(H, gain=0.1))
        self.b4 = torch.nn.Parameter(torch.zeros(V))

    def forward(self, X):
        x = self.C[X]
        x = torch.tanh(self.n1(flatten_consecutive(x, 2) @ self.W1))
        x = torch.tanh(self.n2(flatten_consecutive(x, 2) @ self.W2))
        x = torch.tanh(self.n3(flatten_consecutive(x, 2) @ self.W3))
        return x @ self.W4 + self.b4
