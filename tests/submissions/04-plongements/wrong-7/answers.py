# %% embed
def embed(C, X):
    # most recent symbol first, as in the paper
    return C[X.flip(1)].flatten(1)

# %% mlp_parameters
def mlp_parameters(symbols, context, embedding, hidden):
    # one-hot inputs, no table
    W1 = context * symbols * hidden
    return W1 + hidden + hidden * symbols + symbols

# %% init_mlp
def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    # biases drawn, too
    return {
        "C": torch.randn(symbols, embedding, generator=generator),
        "W1": torch.randn(context * embedding, hidden, generator=generator) / math.sqrt(context * embedding),
        "b1": torch.randn(hidden, generator=generator) * 0.01,
        "W2": torch.randn(hidden, symbols, generator=generator) * 0.01,
        "b2": torch.randn(symbols, generator=generator) * 0.01,
    }

# %% n_params
def n_params(params):
    # fails on one dimension
    return sum(p.shape[0] * p.shape[1] for p in params.values())

# %% forward
def forward(params, X):
    # log-probabilities
    x = params["C"][X].flatten(1)
    h = torch.tanh(x @ params["W1"] + params["b1"])
    return F.log_softmax(h @ params["W2"] + params["b2"], dim=1)

# %% mlp_loss
def mlp_loss(params, X, Y):
    # one surprise an example
    z = torch.tanh(params["C"][X].flatten(1) @ params["W1"] + params["b1"]) @ params["W2"] + params["b2"]
    return F.cross_entropy(z, Y, reduction="none")

# %% mlp_gradients
def mlp_gradients(params, X, Y):
    # by hand; a symbol that comes back overwrites its gradient instead of adding to it
    C, W1, b1, W2, b2 = (params[k] for k in ["C", "W1", "b1", "W2", "b2"])
    B, k = X.shape
    E = C.shape[1]
    x = C[X].reshape(B, -1)
    h = torch.tanh(x @ W1 + b1)
    p = torch.softmax(h @ W2 + b2, dim=1)
    p[torch.arange(B), Y] -= 1
    dz = p / B
    dW2 = h.T @ dz
    da = (dz @ W2.T) * (1 - h * h)
    dW1 = x.T @ da
    dx = (da @ W1.T).view(B, k, E)
    dC = torch.zeros_like(C)
    dC[X] = dx
    return {"C": dC, "W1": dW1, "b1": da.sum(0), "W2": dW2, "b2": dz.sum(0)}

# %% train_steps
def train_steps(params, X, Y, batches, lr):
    # momentum
    p = {k: v.clone().requires_grad_() for k, v in params.items()}
    opt = torch.optim.SGD(p.values(), lr=lr, momentum=0.9)
    losses = []
    for b in batches:
        z = torch.tanh(p["C"][X[b]].flatten(1) @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
        loss = F.cross_entropy(z, Y[b])
        opt.zero_grad()
        loss.backward()
        opt.step()
        losses.append(loss.item())
    return p, losses
