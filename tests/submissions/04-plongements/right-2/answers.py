# %% embed
def embed(C, X):
    # one-hot times C
    vectors = F.one_hot(X, C.shape[0]).to(C.dtype) @ C
    return vectors.view(X.shape[0], -1)

# %% mlp_parameters
def mlp_parameters(symbols, context, embedding, hidden):
    shapes = [(symbols, embedding), (context * embedding, hidden), (hidden,), (hidden, symbols), (symbols,)]
    return sum(math.prod(shape) for shape in shapes)

# %% init_mlp
def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    # float64, and marked for autograd
    n = context * embedding
    params = {
        "C": torch.empty(symbols, embedding, dtype=torch.float64).normal_(generator=generator),
        "W1": torch.empty(n, hidden, dtype=torch.float64).normal_(0, n**-0.5, generator=generator),
        "b1": torch.zeros(hidden, dtype=torch.float64),
        "W2": torch.empty(hidden, symbols, dtype=torch.float64).normal_(0, 0.01, generator=generator),
        "b2": torch.zeros(symbols, dtype=torch.float64),
    }
    for p in params.values():
        p.requires_grad = True
    return params

# %% n_params
def n_params(params):
    return sum(math.prod(p.shape) for p in params.values())

# %% forward
def forward(params, X):
    x = params["C"][X]
    W1 = params["W1"].reshape(X.shape[1], -1, params["W1"].shape[1])
    h = torch.tanh(torch.einsum("bke,keh->bh", x, W1) + params["b1"])
    return torch.einsum("bh,hv->bv", h, params["W2"]) + params["b2"]

# %% mlp_loss
def mlp_loss(params, X, Y):
    return F.nll_loss(F.log_softmax(forward(params, X), dim=-1), Y)

# %% mlp_gradients
def mlp_gradients(params, X, Y):
    # by hand
    C, W1, b1, W2, b2 = (params[name].detach() for name in ("C", "W1", "b1", "W2", "b2"))
    B, k = X.shape
    x = C[X].flatten(1)
    h = torch.tanh(x @ W1 + b1)
    p = torch.softmax(h @ W2 + b2, dim=1)
    dz = (p - F.one_hot(Y, len(b2))) / B
    da = (dz @ W2.T) * (1 - h**2)
    dx = (da @ W1.T).view(B * k, -1)
    dC = torch.zeros_like(C).index_add_(0, X.flatten(), dx)
    return {"b2": dz.sum(0), "W2": h.T @ dz, "b1": da.sum(0), "W1": x.T @ da, "C": dC}

# %% train_steps
def train_steps(params, X, Y, batches, lr):
    # PyTorch's own descent; the losses stay tensors
    p = {name: tensor.detach().clone().requires_grad_() for name, tensor in params.items()}
    optimizer = torch.optim.SGD(p.values(), lr=lr)
    losses = []
    for batch in batches:
        optimizer.zero_grad()
        loss = F.cross_entropy(forward(p, X[batch]), Y[batch])
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return p, losses
