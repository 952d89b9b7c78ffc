# %% embed
def embed(C, X):
    # the look-up alone
    return C[X]

# %% mlp_parameters
def mlp_parameters(symbols, context, embedding, hidden):
    # weights only
    return symbols * embedding + context * embedding * hidden + hidden * symbols

# %% init_mlp
def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    # everything N(0, 1)
    C = torch.randn((symbols, embedding), generator=generator)
    W1 = torch.randn((context * embedding, hidden), generator=generator)
    b1 = torch.zeros(hidden)
    W2 = torch.randn((hidden, symbols), generator=generator)
    b2 = torch.zeros(symbols)
    return {"C": C, "W1": W1, "b1": b1, "W2": W2, "b2": b2}

# %% n_params
def n_params(params):
    return len(params)

# %% forward
def forward(params, X):
    # no nonlinearity
    emb = params["C"][X]
    x = emb.view(emb.shape[0], -1)
    h = x @ params["W1"] + params["b1"]
    return h @ params["W2"] + params["b2"]

# %% mlp_loss
def mlp_loss(params, X, Y):
    # a sum
    logits = forward(params, X)
    return F.cross_entropy(logits, Y, reduction="sum")

# %% mlp_gradients
def mlp_gradients(params, X, Y):
    # the embeddings are left out
    copies = {name: p.detach().clone() for name, p in params.items()}
    for name in ["W1", "b1", "W2", "b2"]:
        copies[name].requires_grad_()
    loss = mlp_loss(copies, X, Y)
    loss.backward()
    return {name: copies[name].grad for name in ["W1", "b1", "W2", "b2"]}

# %% train_steps
def train_steps(params, X, Y, batches, lr):
    # gradients never set to zero
    copies = {name: p.detach().clone().requires_grad_() for name, p in params.items()}
    losses = []
    for batch in batches:
        logits = torch.tanh(copies["C"][X[batch]].flatten(1) @ copies["W1"] + copies["b1"]) @ copies["W2"] + copies["b2"]
        loss = F.cross_entropy(logits, Y[batch])
        losses.append(loss.item())
        loss.backward()
        with torch.no_grad():
            for p in copies.values():
                p -= lr * p.grad
    return copies, losses
