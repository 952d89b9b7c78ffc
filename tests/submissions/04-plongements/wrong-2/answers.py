# %% embed
def embed(C, X):
    # the vectors of a context are added up
    return C[X].sum(dim=1)

# %% mlp_parameters
def mlp_parameters(symbols, context, embedding, hidden):
    # the context is forgotten in W1
    return symbols * embedding + embedding * hidden + hidden + hidden * symbols + symbols

# %% init_mlp
def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    # torch.rand for torch.randn
    params = {}
    params["C"] = torch.rand(symbols, embedding, generator=generator)
    params["W1"] = torch.rand(context * embedding, hidden, generator=generator) / (context * embedding) ** 0.5
    params["b1"] = torch.zeros(hidden)
    params["W2"] = torch.rand(hidden, symbols, generator=generator) * 0.01
    params["b2"] = torch.zeros(symbols)
    return params

# %% n_params
def n_params(params):
    total = 0
    for p in params.values():
        total += len(p)
    return total

# %% forward
def forward(params, X):
    # softmax at the end
    x = params["C"][X].flatten(start_dim=1)
    h = torch.tanh(x @ params["W1"] + params["b1"])
    z = h @ params["W2"] + params["b2"]
    return torch.softmax(z, dim=1)

# %% mlp_loss
def mlp_loss(params, X, Y):
    # softmax, then cross_entropy, which has another one
    x = params["C"][X].flatten(start_dim=1)
    z = torch.tanh(x @ params["W1"] + params["b1"]) @ params["W2"] + params["b2"]
    p = z.softmax(dim=1)
    return F.cross_entropy(p, Y)

# %% mlp_gradients
def mlp_gradients(params, X, Y):
    # marks the tensors that it was given
    for p in params.values():
        p.requires_grad_()
        p.grad = None
    x = params["C"][X].flatten(start_dim=1)
    z = torch.tanh(x @ params["W1"] + params["b1"]) @ params["W2"] + params["b2"]
    F.cross_entropy(z, Y).backward()
    return {name: p.grad for name, p in params.items()}

# %% train_steps
def train_steps(params, X, Y, batches, lr):
    # always the first batch
    losses = []
    for _ in batches:
        batch = batches[0]
        copies = {name: p.detach().clone().requires_grad_() for name, p in params.items()}
        z = torch.tanh(copies["C"][X[batch]].flatten(1) @ copies["W1"] + copies["b1"]) @ copies["W2"] + copies["b2"]
        loss = F.cross_entropy(z, Y[batch])
        loss.backward()
        losses.append(loss.item())
        params = {name: (p - lr * p.grad).detach() for name, p in copies.items()}
    return params, losses
