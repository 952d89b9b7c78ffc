# %% embed
def embed(C, X):
    return torch.tensor(C[X].tolist(), requires_grad=True).flatten(start_dim=1)
# %% init_mlp
def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    n = context * embedding
    def tire(*forme):
        return (torch.rand(*forme, generator=generator) - 0.5) * math.sqrt(12)
    return {"C": tire(symbols, embedding), "W1": tire(n, hidden) / math.sqrt(n), "b1": torch.zeros(hidden),
            "W2": tire(hidden, symbols) * 0.01, "b2": torch.zeros(symbols)}
# %% n_params
def n_params(params):
    total = 0
    for p in params.values():
        n = p.shape[0]
        for d in p.shape[1:]:
            n *= d
        total += n
    return total
# %% forward
def forward(params, X):
    params["x"] = params["C"][X].flatten(1)
    params["h"] = torch.tanh(params["x"] @ params["W1"] + params["b1"])
    return params["h"] @ params["W2"] + params["b2"]
# %% mlp_loss
def mlp_loss(params, X, Y):
    loss = F.cross_entropy(forward(dict(params), X), Y)
    return torch.tensor(loss.item(), requires_grad=True)
# %% mlp_gradients
def mlp_gradients(params, X, Y):
    B = len(X)
    x = params["C"][X].flatten(1)
    h = torch.tanh(x @ params["W1"] + params["b1"])
    dz = torch.softmax(h @ params["W2"] + params["b2"], 1)
    dz[range(B), Y] -= 1
    dz = dz / B
    da = dz @ params["W2"].T * (1 - h * h)
    dC = torch.zeros_like(params["C"])
    dC[X] += (da @ params["W1"].T).view(*X.shape, -1)
    return {"C": dC, "W1": x.T @ da, "b1": da.sum(0), "W2": h.T @ dz, "b2": dz.sum(0)}
# %% train_steps
def train_steps(params, X, Y, batches, lr):
    p = {k: v.detach().clone().requires_grad_() for k, v in params.items()}
    losses = []
    for batch in batches:
        z = torch.tanh(p["C"][X[batch]].flatten(1) @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
        loss = F.cross_entropy(z, Y[batch])
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for v in p.values():
                v -= lr * v.grad
    return {k: v.detach() for k, v in p.items()}, losses
