# %% embed
def embed(C, X):
    rows = []
    for context in X:
        rows.append(torch.cat([C[i] for i in context]))
    return torch.stack(rows)

# %% mlp_parameters
def mlp_parameters(symbols, context, embedding, hidden):
    total = 0
    total += symbols * embedding
    total += (context * embedding + 1) * hidden
    total += (hidden + 1) * symbols
    return float(total)

# %% init_mlp
def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    # one long draw, cut into pieces
    sizes = [symbols * embedding, context * embedding * hidden, hidden * symbols]
    c, w1, w2 = torch.randn(sum(sizes), generator=generator).split(sizes)
    return dict(
        C=c.view(symbols, embedding),
        W1=w1.view(context * embedding, hidden) * (context * embedding) ** -0.5,
        b1=torch.zeros(hidden),
        W2=w2.view(hidden, symbols) / 100,
        b2=torch.zeros(symbols),
    )

# %% n_params
def n_params(params):
    return len(torch.cat([p.flatten() for p in params.values()])) if params else 0

# %% forward
def forward(params, X):
    # one slice of W1 for each position of the context
    E = params["C"].shape[1]
    total = params["b1"]
    for i in range(X.shape[1]):
        total = total + params["C"][X[:, i]] @ params["W1"][i * E : (i + 1) * E]
    exp = torch.exp(-2 * total.abs())
    h = total.sign() * (1 - exp) / (1 + exp)  # tanh, written out
    return torch.addmm(params["b2"], h, params["W2"])

# %% mlp_loss
def mlp_loss(params, X, Y):
    z = forward(params, X)
    z = z - z.detach().amax(dim=1, keepdim=True)
    right = torch.gather(z, 1, Y[:, None]).squeeze(1)
    return torch.stack([torch.log(torch.exp(z).sum(1)) - right]).mean()

# %% mlp_gradients
def mlp_gradients(params, X, Y):
    return torch.func.grad(mlp_loss)(params, X, Y)

# %% train_steps
def train_steps(params, X, Y, batches, lr):
    losses = torch.zeros(len(batches))
    for t, b in enumerate(batches):
        grads, losses[t] = torch.func.grad_and_value(mlp_loss)(params, X[b], Y[b])
        params = {k: torch.add(v, grads[k], alpha=-lr) for k, v in params.items()}
    return params, losses
