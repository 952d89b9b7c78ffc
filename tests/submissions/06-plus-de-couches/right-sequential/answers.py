# %% saturation_share
def saturation_share(h, limit=0.99):
    return h.abs().gt(limit).double().mean().item()

# %% kaiming_std
def kaiming_std(fan_in, gain=torch.nn.init.calculate_gain("tanh")):
    return gain / math.sqrt(fan_in)

# %% scaled_params
def scaled_params(V, k, E, H, generator=None):
    C, W1, W2 = torch.empty(V, E), torch.empty(k * E, H), torch.empty(H, V)
    torch.nn.init.normal_(C, generator=generator)
    torch.nn.init.normal_(W1, std=kaiming_std(k * E), generator=generator)
    torch.nn.init.normal_(W2, std=kaiming_std(H, gain=0.1), generator=generator)
    return {"C": C, "W1": W1, "b1": torch.zeros(H), "W2": W2, "b2": torch.zeros(V)}

# %% BatchNorm1d
class BatchNorm1d(torch.nn.Module):
    """Canaux devant, statistiques par var_mean."""

    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super().__init__()
        self.gamma = torch.nn.Parameter(torch.full((dim,), 1.0))
        self.beta = torch.nn.Parameter(torch.full((dim,), 0.0))
        self.register_buffer("running_mean", torch.full((dim,), 0.0))
        self.register_buffer("running_var", torch.full((dim,), 1.0))
        self.eps, self.momentum = eps, momentum

    def forward(self, x):
        lignes = x.movedim(-1, 0).flatten(1)
        if self.training:
            var, mean = torch.var_mean(lignes, dim=1, correction=0)
            n = lignes.shape[1]
            with torch.no_grad():
                self.running_mean += self.momentum * (mean - self.running_mean)
                self.running_var += self.momentum * (var * n / max(n - 1, 1) - self.running_var)
        else:
            var, mean = self.running_var, self.running_mean
        echelle = self.gamma * torch.rsqrt(var + self.eps)
        return torch.addcmul(self.beta - mean * echelle, x, echelle)

# %% eval_nll
@torch.inference_mode()
def eval_nll(model, X, Y, batch_size=1024):
    avant = model.training
    model.train(False)
    total = sum(perte(model(x), y).item() * len(y) for x, y in zip(X.split(batch_size), Y.split(batch_size)))
    model.train(avant)
    return total / len(Y)

# %% mlp_backward
def mlp_backward(params, cache, Y):
    with torch.no_grad():
        B, k = cache["X"].shape
        V, E = params["C"].shape
        cible = torch.nn.functional.one_hot(Y, V).to(cache["z"])
        dz = (cache["z"].softmax(-1) - cible) / B
        dW2 = torch.einsum("bh,bv->hv", cache["h"], dz)
        dh = torch.einsum("bv,hv->bh", dz, params["W2"])
        da = dh * (1 - cache["h"].square())
        dW1 = torch.einsum("bi,bh->ih", cache["x"], da)
        dx = torch.einsum("bh,ih->bi", da, params["W1"]).unflatten(1, (k, E))
        codes = torch.nn.functional.one_hot(cache["X"], V).to(dx)
        dC = torch.einsum("bkv,bke->ve", codes, dx)
        return {"C": dC, "W1": dW1, "b1": da.sum(0), "W2": dW2, "b2": dz.sum(0)}

# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    with torch.no_grad():
        ecart = torch.sqrt(x.var(dim=0, unbiased=False) + eps)
        n = (x - x.mean(dim=0)) / ecart
        dbeta, dgamma = dy.sum(dim=0), (dy * n).sum(dim=0)
        dx = gamma / ecart * (dy - dbeta / len(x) - n * dgamma / len(x))
        return [dx, dgamma, dbeta]

# %% flatten_consecutive
def flatten_consecutive(x, n):
    y = x.unflatten(1, (-1, n)).flatten(2)
    return y.squeeze(1) if y.size(1) == 1 else y

# %% + after flatten_consecutive
class Lambda(torch.nn.Module):
    """Une fonction comme un module."""

    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, x):
        return self.f(x)

# %% WaveNet
class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        couches = [torch.nn.Embedding(V, E)]
        for taille in (E, H, H):
            couches += [Lambda(lambda x: flatten_consecutive(x, 2)), torch.nn.Linear(2 * taille, H, bias=False), Norm(H), torch.nn.Tanh()]
        self.reseau = torch.nn.Sequential(*couches, torch.nn.Linear(H, V))

    def forward(self, X):
        return self.reseau(X)
