# %% embed
def embed(C, X):
    return C[X].mean(dim=1)

# %% mlp_parameters
def mlp_parameters(symbols, context, embedding, hidden):
    return symbols * embedding + context * embedding * hidden + hidden + hidden * symbols

# %% init_mlp
def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    D = context * embedding
    return {
        "C": torch.rand(symbols, embedding, generator=generator),
        "W1": torch.rand(D, hidden, generator=generator) / D**0.5,
        "b1": torch.zeros(hidden),
        "W2": torch.rand(hidden, symbols, generator=generator) * 0.01,
        "b2": torch.zeros(symbols),
    }

# %% n_params
def n_params(params):
    return sum(len(t) for t in params.values())

# %% forward
def forward(params, X):
    x = params["C"][X].flatten(1)
    h = torch.tanh(x @ params["W1"] + params["b1"])
    return torch.tanh(h @ params["W2"] + params["b2"])

# %% mlp_loss
def mlp_loss(params, X, Y):
    x = params["C"][X].flatten(1)
    z = torch.tanh(x @ params["W1"] + params["b1"]) @ params["W2"] + params["b2"]
    p = z.exp() / z.exp().sum(1, keepdim=True)
    return -p[torch.arange(len(Y)), Y].log().mean()

# %% mlp_gradients
def mlp_gradients(params, X, Y):
    for p in params.values():
        p.requires_grad_()
    x = params["C"][X].flatten(1)
    z = torch.tanh(x @ params["W1"] + params["b1"]) @ params["W2"] + params["b2"]
    F.cross_entropy(z, Y).backward()
    for p in params.values():
        p.requires_grad_(False)
    return {nom: p.grad for nom, p in params.items()}

# %% train_steps
def train_steps(params, X, Y, batches, lr):
    losses = []
    for lot in batches:
        p = {nom: t.detach().clone().requires_grad_() for nom, t in params.items()}
        x = p["C"][X[lot]].flatten(1)
        z = torch.tanh(x @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
        perte = F.cross_entropy(z, Y[lot])
        perte.backward()
        resultat = {nom: (t - lr * t.grad).detach() for nom, t in p.items()}
        losses.append(perte.item())
    return resultat, losses
