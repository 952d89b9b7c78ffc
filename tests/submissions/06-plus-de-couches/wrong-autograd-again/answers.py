# %% scaled_params
def scaled_params(V, k, E, H, generator=None):
    r = lambda *s: (2 * torch.rand(*s, generator=generator) - 1) * 3 ** 0.5
    return {"C": r(V, E), "W1": r(k * E, H) * 5 / 3 / (k * E) ** 0.5, "b1": torch.zeros(H), "W2": r(H, V) * 0.1 / H ** 0.5, "b2": torch.zeros(V)}
# %% mlp_backward
def mlp_backward(params, cache, Y):
    with torch.enable_grad():
        leaves = {name: p.clone().requires_grad_() for name, p in params.items()}
        z, _ = mlp_forward(leaves, cache["X"])
        torch.nn.functional.cross_entropy(z, Y).backward()
    return {name: p.grad for name, p in leaves.items()}
