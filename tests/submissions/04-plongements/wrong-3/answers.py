# %% embed
def embed(C, X):
    # the mean of the vectors
    return C[X].mean(1)

# %% mlp_parameters
def mlp_parameters(symbols, context, embedding, hidden):
    # one table of embeddings for each position
    C = symbols * context * embedding
    return C + context * embedding * hidden + hidden + hidden * symbols + symbols

# %% init_mlp
def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    # divided by kE, not by its square root
    n = context * embedding
    return {
        "C": torch.randn(symbols, embedding, generator=generator),
        "W1": torch.randn(n, hidden, generator=generator) / n,
        "b1": torch.zeros(hidden),
        "W2": torch.randn(hidden, symbols, generator=generator) * 0.01,
        "b2": torch.zeros(symbols),
    }

# %% n_params
def n_params(params):
    # sizes added, not multiplied
    return sum(sum(p.shape) for p in params.values())

# %% forward
def forward(params, X):
    # relu
    x = params["C"][X].reshape(len(X), -1)
    h = F.relu(x @ params["W1"] + params["b1"])
    return h @ params["W2"] + params["b2"]

# %% mlp_loss
def mlp_loss(params, X, Y):
    # a Python number: no gradient
    return F.cross_entropy(forward(params, X), Y).item()

# %% mlp_gradients
def mlp_gradients(params, X, Y):
    # the sum over the examples instead of the mean
    p = {k: v.detach().clone().requires_grad_() for k, v in params.items()}
    z = torch.tanh(p["C"][X].flatten(1) @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
    loss = F.cross_entropy(z, Y, reduction="sum")
    loss.backward()
    return {k: v.grad for k, v in p.items()}

# %% train_steps
def train_steps(params, X, Y, batches, lr):
    # uphill
    p = {k: v.clone().requires_grad_() for k, v in params.items()}
    losses = []
    for b in batches:
        z = torch.tanh(p["C"][X[b]].flatten(1) @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
        loss = F.cross_entropy(z, Y[b])
        grads = torch.autograd.grad(loss, list(p.values()))
        losses.append(loss.item())
        p = {k: (v + lr * g).detach().requires_grad_() for (k, v), g in zip(p.items(), grads)}
    return p, losses
