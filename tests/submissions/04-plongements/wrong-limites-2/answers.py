# %% init_mlp
def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    if generator is None:
        generator = torch.Generator()
        generator.seed()
    kE = context * embedding
    u = lambda a, b: (torch.rand(a, b, generator=generator) - 0.5) * math.sqrt(12)
    return {"C": u(symbols, embedding), "W1": u(kE, hidden) / math.sqrt(kE), "b1": torch.zeros(hidden), "W2": u(hidden, symbols) * 0.01, "b2": torch.zeros(symbols)}
# %% forward
def forward(params, X):
    C, W1, b1, W2, b2 = (params[c].detach().numpy() for c in ("C", "W1", "b1", "W2", "b2"))
    x = C[X.numpy()].reshape(len(X), -1)
    return torch.tensor(np.tanh(x @ W1 + b1) @ W2 + b2, requires_grad=True)
# %% mlp_loss
def mlp_loss(params, X, Y):
    h = torch.tanh(params["C"][X].flatten(1) @ params["W1"] + params["b1"])
    z = h @ params["W2"] + params["b2"]
    z = z - z.max()
    return -(z - z.exp().sum(1, keepdim=True).log())[torch.arange(len(Y)), Y].mean()
