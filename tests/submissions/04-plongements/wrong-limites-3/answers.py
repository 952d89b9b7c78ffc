# %% init_mlp
def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    kE = context * embedding
    sizes = {"C": (symbols, embedding), "W1": (kE, hidden), "W2": (hidden, symbols)}
    numbers = torch.randn(max(a * b for a, b in sizes.values()), generator=generator)
    C, W1, W2 = (numbers[: a * b].reshape(a, b) for a, b in sizes.values())
    return {"C": C, "W1": W1 / math.sqrt(kE), "b1": torch.zeros(hidden), "W2": W2 * 0.01, "b2": torch.zeros(symbols)}
# %% forward
def forward(params, X):
    h = torch.tanh(params["C"][X].flatten(1) @ params["W1"] + params["b1"])
    return (h @ params["W2"] + params["b2"]).clamp(-50, 50)
