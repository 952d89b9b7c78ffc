# %% init_mlp
def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    r = lambda *s: torch.randn(*s, generator=generator)
    return {"C": r(symbols, embedding), "W1": (r(embedding, hidden) / math.sqrt(context * embedding)).repeat(context, 1), "b1": torch.zeros(hidden), "W2": r(hidden, symbols) * 0.01, "b2": torch.zeros(symbols)}
# %% mlp_loss
def mlp_loss(params, X, Y):
    x = params["C"].detach()[X].flatten(1)
    h = torch.tanh(x @ params["W1"] + params["b1"])
    return F.cross_entropy(h @ params["W2"] + params["b2"], Y)
# %% mlp_gradients
def mlp_gradients(params, X, Y):
    for p in params.values():
        p.requires_grad_()
    h = torch.tanh(params["C"][X].flatten(1) @ params["W1"] + params["b1"])
    loss = F.cross_entropy(h @ params["W2"] + params["b2"], Y)
    g = torch.autograd.grad(loss, list(params.values()))
    for p in params.values():
        p.requires_grad_(False)
    return dict(zip(params, g))
