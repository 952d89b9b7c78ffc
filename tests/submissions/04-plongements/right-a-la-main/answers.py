# %% embed
def embed(C, X):
    return torch.cat([C[colonne] for colonne in X.T], dim=1)

# %% mlp_parameters
def mlp_parameters(symbols, context, embedding, hidden):
    formes = [(symbols, embedding), (context * embedding, hidden), (hidden,), (hidden, symbols), (symbols,)]
    return sum(math.prod(forme) for forme in formes)

# %% init_mlp
def normale(forme, generator):
    n = math.prod(forme)
    u = 1 - torch.rand(n, generator=generator, dtype=torch.float64)
    v = torch.rand(n, generator=generator, dtype=torch.float64)
    return (torch.sqrt(-2 * torch.log(u)) * torch.cos(2 * math.pi * v)).view(forme).float()

def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    D = context * embedding
    return dict(
        C=normale((symbols, embedding), generator),
        W1=normale((D, hidden), generator) / D**0.5,
        b1=torch.zeros(hidden),
        W2=normale((hidden, symbols), generator) / 100,
        b2=torch.zeros(symbols),
    )

# %% n_params
n_params = lambda params: int(sum(np.prod(t.shape) for t in params.values()))

# %% forward
def passe_avant(params, X):
    C, W1, b1, W2, b2 = (params[nom] for nom in ("C", "W1", "b1", "W2", "b2"))
    x = embed(C, X)
    h = (x.matmul(W1) + b1).tanh()
    return x, h, h.matmul(W2) + b2

def forward(params, X):
    return passe_avant(params, X)[-1]

# %% mlp_loss
def mlp_loss(params, X, Y):
    z = forward(params, X)
    bons = z.gather(1, Y.unsqueeze(1)).squeeze(1)
    return (torch.logsumexp(z, 1) - bons).sum() / Y.numel()

# %% mlp_gradients
def mlp_gradients(params, X, Y):
    with torch.no_grad():
        p64 = {nom: t.detach().double() for nom, t in params.items()}
        x, h, z = passe_avant(p64, X)
        dz = torch.softmax(z, 1)
        dz[torch.arange(len(Y)), Y] -= 1
        dz /= len(Y)
        da = dz @ p64["W2"].T * (1 - h * h)
        dx = (da @ p64["W1"].T).view(len(X), X.shape[1], -1)
        dC = torch.zeros_like(p64["C"])
        for n in range(X.shape[0]):
            for t in range(X.shape[1]):
                dC[X[n, t]] += dx[n, t]
        return {"C": dC, "W1": x.T @ da, "b1": da.sum(0), "W2": h.T @ dz, "b2": dz.sum(0)}

# %% train_steps
def train_steps(params, X, Y, batches, lr):
    etat = {nom: t.detach().double().clone() for nom, t in params.items()}
    losses = []
    for lot in batches:
        losses.append(mlp_loss(etat, X[lot], Y[lot]).item())
        grads = mlp_gradients(etat, X[lot], Y[lot])
        for nom in etat:
            etat[nom] -= lr * grads[nom]
    return {nom: t.float() for nom, t in etat.items()}, losses

# %% + after train_steps
fig, axe = plt.subplots(figsize=(3, 3))
axe.scatter(*torch.randn(2, 20))
axe.set_title("mes plongements")
plt.show()
