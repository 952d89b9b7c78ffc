# %% embed
def embed(C, X):
    # sizes of the course, not those of the arguments
    return C[X].view(-1, 30)

# %% mlp_parameters
def mlp_parameters(symbols, context, embedding, hidden):
    # the table is forgotten
    return context * embedding * hidden + hidden + hidden * symbols + symbols

# %% init_mlp
def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    # weights as in nn.Linear: outputs first
    return {
        "C": torch.randn(symbols, embedding, generator=generator),
        "W1": torch.randn(hidden, context * embedding, generator=generator) / math.sqrt(context * embedding),
        "b1": torch.zeros(hidden),
        "W2": torch.randn(symbols, hidden, generator=generator) * 0.01,
        "b2": torch.zeros(symbols),
    }

# %% n_params
def n_params(params):
    # prints, does not return
    total = 0
    for name, p in params.items():
        total += p.numel()
    print(total)

# %% forward
def forward(params, X):
    # the link to the embeddings is cut
    x = torch.tensor([[v for i in row for v in params["C"][i].tolist()] for row in X])
    h = torch.tanh(x @ params["W1"] + params["b1"])
    return h @ params["W2"] + params["b2"]

# %% mlp_loss
def mlp_loss(params, X, Y):
    # mean of the probabilities
    z = torch.tanh(params["C"][X].flatten(1) @ params["W1"] + params["b1"]) @ params["W2"] + params["b2"]
    p = F.softmax(z, dim=1)
    return p[torch.arange(len(Y)), Y].mean()

# %% mlp_gradients
def mlp_gradients(params, X, Y):
    # derivative of tanh taken at the wrong place
    C, W1, b1, W2, b2 = (params[k] for k in ["C", "W1", "b1", "W2", "b2"])
    B, k = X.shape
    x = C[X].reshape(B, -1)
    a = x @ W1 + b1
    h = torch.tanh(a)
    p = torch.softmax(h @ W2 + b2, dim=1)
    dz = (p - F.one_hot(Y, len(b2))) / B
    da = (dz @ W2.T) * (1 - a**2)
    dx = (da @ W1.T).view(B, k, -1)
    dC = torch.zeros_like(C)
    for n in range(B):
        for i in range(k):
            dC[X[n, i]] += dx[n, i]
    return {"C": dC, "W1": x.T @ da, "b1": da.sum(0), "W2": h.T @ dz, "b2": dz.sum(0)}

# %% train_steps
def train_steps(params, X, Y, batches, lr):
    # every step starts again from the given parameters
    losses = []
    for b in batches:
        p = {k: v.clone().requires_grad_() for k, v in params.items()}
        z = torch.tanh(p["C"][X[b]].flatten(1) @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
        loss = F.cross_entropy(z, Y[b])
        loss.backward()
        losses.append(loss.item())
        new = {k: (v - lr * v.grad).detach() for k, v in p.items()}
    return (new if batches else params), losses
