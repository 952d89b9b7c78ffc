# %% embed
def embed(C, X):
    # the view mixes the examples
    emb = C[X]
    return emb.view(emb.shape[1] * emb.shape[2], emb.shape[0]).T

# %% mlp_parameters
def mlp_parameters(symbols, context, embedding, hidden):
    return 14007

# %% init_mlp
def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    # W2 at zero
    return {
        "C": torch.randn(symbols, embedding, generator=generator),
        "W1": torch.randn(context * embedding, hidden, generator=generator) / math.sqrt(context * embedding),
        "b1": torch.zeros(hidden),
        "W2": torch.zeros(hidden, symbols),
        "b2": torch.zeros(symbols),
    }

# %% n_params
def n_params(params):
    return 14007

# %% forward
def forward(params, X):
    # tanh on the scores, too
    x = params["C"][X].flatten(1)
    h = torch.tanh(x @ params["W1"] + params["b1"])
    return torch.tanh(h @ params["W2"] + params["b2"])

# %% mlp_loss
def mlp_loss(params, X, Y):
    # exponentials without care
    x = params["C"][X].flatten(1)
    z = torch.tanh(x @ params["W1"] + params["b1"]) @ params["W2"] + params["b2"]
    p = z.exp() / z.exp().sum(dim=1, keepdim=True)
    return -p[range(len(Y)), Y].log().mean()

# %% mlp_gradients
def mlp_gradients(params, X, Y):
    # the minus sign of the descent is already in
    p = {k: v.detach().clone().requires_grad_() for k, v in params.items()}
    z = torch.tanh(p["C"][X].flatten(1) @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
    F.cross_entropy(z, Y).backward()
    return {k: -v.grad for k, v in p.items()}

# %% train_steps
def train_steps(params, X, Y, batches, lr):
    # in place: the values are right, the start is lost
    for p in params.values():
        p.requires_grad = True
    losses = []
    for b in batches:
        z = torch.tanh(params["C"][X[b]].flatten(1) @ params["W1"] + params["b1"]) @ params["W2"] + params["b2"]
        loss = F.cross_entropy(z, Y[b])
        for p in params.values():
            p.grad = None
        loss.backward()
        for p in params.values():
            p.data += -lr * p.grad
        losses.append(loss.item())
    return params, losses
