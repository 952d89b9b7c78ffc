# %% embed
def embed(C, X):
    return torch.cat([C[X[:, i]] for i in range(X.shape[1])], dim=1)

# %% mlp_parameters
def mlp_parameters(symbols, context, embedding, hidden):
    # the formula of the paper without its direct connections
    return symbols * (1 + embedding + hidden) + hidden * (1 + context * embedding)

# %% init_mlp
def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    params = {}
    params["W2"] = torch.normal(0.0, 0.01, (hidden, symbols), generator=generator)
    params["W1"] = torch.normal(0.0, 1 / math.sqrt(context * embedding), (context * embedding, hidden), generator=generator)
    params["C"] = torch.normal(0.0, 1.0, (symbols, embedding), generator=generator)
    params["b2"] = torch.zeros(symbols)
    params["b1"] = torch.zeros(hidden)
    return params

# %% n_params
def n_params(params):
    total = 0
    for name in params:
        n = 1
        for size in params[name].shape:
            n = n * size
        total += n
    return total

# %% forward
def forward(params, X):
    x = embed(params["C"], X)
    h = F.tanh(F.linear(x, params["W1"].T, params["b1"]))
    return F.linear(h, params["W2"].T, params["b2"])

# %% mlp_loss
def mlp_loss(params, X, Y):
    z = forward(params, X)
    return (torch.logsumexp(z, dim=1) - z[torch.arange(len(Y)), Y]).mean()

# %% mlp_gradients
def mlp_gradients(params, X, Y):
    copies = {}
    for name, p in params.items():
        copies[name] = p.detach().clone().requires_grad_()
    loss = mlp_loss(copies, X, Y)
    loss.backward()
    grads = {}
    for name, p in copies.items():
        grads[name] = p.grad
    return grads

# %% train_steps
def train_steps(params, X, Y, batches, lr):
    # in place, but on copies of its own
    p = {name: tensor.detach().clone().requires_grad_() for name, tensor in params.items()}
    losses = []
    for batch in batches:
        loss = mlp_loss(p, X[batch], Y[batch])
        for tensor in p.values():
            tensor.grad = None
        loss.backward()
        with torch.no_grad():
            for tensor in p.values():
                tensor -= lr * tensor.grad
        losses.append(loss.item())
    return p, losses
