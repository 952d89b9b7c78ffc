# %% embed
def embed(C, X):
    # two dimensions swapped before the view
    return C[X].transpose(1, 2).reshape(X.shape[0], -1)

# %% mlp_parameters
def mlp_parameters(symbols, context, embedding, hidden):
    # the formula of the paper, with the direct connections
    return symbols * (1 + (context + 1) * embedding + hidden) + hidden * (1 + context * embedding)

# %% init_mlp
def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    # always the same draws
    generator = torch.Generator().manual_seed(2147483647)
    C = torch.randn((symbols, embedding), generator=generator)
    W1 = torch.randn((context * embedding, hidden), generator=generator) / math.sqrt(context * embedding)
    W2 = torch.randn((hidden, symbols), generator=generator) * 0.01
    return {"C": C, "W1": W1, "b1": torch.zeros(hidden), "W2": W2, "b2": torch.zeros(symbols)}

# %% n_params
def n_params(params):
    # weights only
    total = 0
    for p in params.values():
        if p.dim() == 2:
            total += p.shape[0] * p.shape[1]
    return total

# %% forward
def forward(params, X):
    # b1 forgotten
    x = params["C"][X].flatten(1)
    h = torch.tanh(x @ params["W1"])
    return h @ params["W2"] + params["b2"]

# %% mlp_loss
def mlp_loss(params, X, Y):
    # the minus sign is missing
    logp = F.log_softmax(forward(params, X), dim=1)
    return logp[torch.arange(len(Y)), Y].mean()

# %% mlp_gradients
def mlp_gradients(params, X, Y):
    # backward twice without a zero in between
    p = {k: v.detach().clone().requires_grad_() for k, v in params.items()}
    z = torch.tanh(p["C"][X].flatten(1) @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
    loss = F.cross_entropy(z, Y)
    loss.backward(retain_graph=True)
    loss.backward()
    return {k: v.grad for k, v in p.items()}

# %% train_steps
def train_steps(params, X, Y, batches, lr):
    # C stays as it was
    p = {k: v.clone() for k, v in params.items()}
    names = ["W1", "b1", "W2", "b2"]
    for k in names:
        p[k].requires_grad = True
    losses = []
    for b in batches:
        z = torch.tanh(p["C"][X[b]].flatten(1) @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
        loss = F.cross_entropy(z, Y[b])
        for k in names:
            p[k].grad = None
        loss.backward()
        for k in names:
            p[k].data -= lr * p[k].grad
        losses.append(loss.item())
    return p, losses
