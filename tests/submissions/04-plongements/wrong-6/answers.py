# %% embed
def embed(C, X):
    # positions first, then one view
    emb = torch.stack([C[X[:, i]] for i in range(X.shape[1])])
    return emb.view(X.shape[0], -1)

# %% mlp_parameters
def mlp_parameters(symbols, context, embedding, hidden):
    # b1 forgotten
    return symbols * embedding + context * embedding * hidden + hidden * symbols + symbols

# %% init_mlp
def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    # the generator serves for C only
    params = {
        "C": torch.randn(symbols, embedding, generator=generator),
        "W1": torch.randn(context * embedding, hidden) / math.sqrt(context * embedding),
        "b1": torch.zeros(hidden),
        "W2": torch.randn(hidden, symbols) * 0.01,
        "b2": torch.zeros(symbols),
    }
    return params

# %% n_params
def n_params(params):
    # only the model's own keys
    return sum(params[name].numel() for name in ["C", "W1", "b1", "W2", "b2"])

# %% forward
def forward(params, X):
    # the view mixes the examples
    E = params["C"].shape[1]
    k = X.shape[1]
    x = params["C"][X].view(k * E, -1).T
    h = torch.tanh(x @ params["W1"] + params["b1"])
    return h @ params["W2"] + params["b2"]

# %% mlp_loss
def mlp_loss(params, X, Y):
    # softmax over the examples
    z = torch.tanh(params["C"][X].flatten(1) @ params["W1"] + params["b1"]) @ params["W2"] + params["b2"]
    logp = F.log_softmax(z, dim=0)
    return F.nll_loss(logp, Y)

# %% mlp_gradients
def mlp_gradients(params, X, Y):
    # the loss of the originals: the copies get no gradient
    p = {k: v.detach().clone().requires_grad_() for k, v in params.items()}
    loss = mlp_loss(params, X, Y)
    loss.backward()
    return {k: v.grad for k, v in p.items()}

# %% train_steps
def train_steps(params, X, Y, batches, lr):
    # the loss is noted after the step
    p = {k: v.clone() for k, v in params.items()}

    def loss_of(p, b):
        return F.cross_entropy(torch.tanh(p["C"][X[b]].flatten(1) @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"], Y[b])

    losses = []
    for b in batches:
        q = {k: v.detach().clone().requires_grad_() for k, v in p.items()}
        loss_of(q, b).backward()
        p = {k: v.detach() - lr * v.grad for k, v in q.items()}
        losses.append(loss_of(p, b).item())
    return p, losses
