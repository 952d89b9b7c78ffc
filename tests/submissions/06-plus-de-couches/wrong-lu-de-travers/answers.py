# %% saturation_share
def saturation_share(h, limit=0.99):
    # un neurone est saturé s'il l'est pour tous les exemples
    h = torch.atleast_2d(h)
    morts = (h.abs() > limit).all(dim=0)
    return morts.float().mean().item()

# %% kaiming_std
def kaiming_std(fan_in, gain=5 / 3):
    return gain**2 / fan_in

# %% scaled_params
def scaled_params(V, k, E, H, generator=None):
    return {
        "C": torch.randn(V, E, generator=generator),
        "W1": torch.randn(k * E, H, generator=generator) * (5 / 3) / (k * E) ** 0.5,
        "b1": torch.zeros(H),
        "W2": torch.randn(H, V, generator=generator) * 0.1,
        "b2": torch.zeros(V),
    }

# %% eval_nll
def eval_nll(model, X, Y, batch_size=1024):
    model.eval()
    total, n = 0.0, 0
    with torch.no_grad():
        for x, y in zip(X.split(batch_size), Y.split(batch_size)):
            total += torch.nn.functional.cross_entropy(model(x), y).item() * len(y)
            n += len(y)
    return total / n
