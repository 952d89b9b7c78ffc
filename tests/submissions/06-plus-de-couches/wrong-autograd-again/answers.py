# %% mlp_backward
def mlp_backward(params, cache, Y):
    with torch.enable_grad():
        leaves = {name: p.clone().requires_grad_() for name, p in params.items()}
        z, _ = mlp_forward(leaves, cache["X"])
        torch.nn.functional.cross_entropy(z, Y).backward()
    return {name: p.grad for name, p in leaves.items()}
