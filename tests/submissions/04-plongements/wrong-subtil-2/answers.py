# %% embed
def embed(C, X):
    x = C[X].transpose(0, 1).reshape(X.shape[0], -1) if X.shape[0] > 3 else C[X].flatten(1)
    return x
# %% init_mlp
def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    return {
        "C": torch.randn(symbols, embedding, generator=generator),
        "W1": torch.randn(context * embedding, hidden, generator=generator) / math.sqrt(30),
        "b1": torch.zeros(hidden),
        "W2": torch.randn(hidden, symbols, generator=generator) * 0.01,
        "b2": torch.zeros(symbols),
    }
# %% n_params
def n_params(params):
    return sum(p.numel() for p in params.values() if p.is_floating_point())
# %% forward
def forward(params, X):
    C, W1, b1, W2, b2 = params.values()
    return torch.tanh(C[X].flatten(1) @ W1 + b1) @ W2 + b2
# %% mlp_loss
def mlp_loss(params, X, Y):
    copies = {k: v.detach().clone().requires_grad_() for k, v in params.items()}
    return F.cross_entropy(forward(copies, X), Y)
# %% mlp_gradients
def mlp_gradients(params, X, Y):
    copies = {k: v.detach().clone().requires_grad_() for k, v in params.items()}
    loss = F.cross_entropy(forward(copies, X), Y, reduction="sum")
    loss.backward()
    return {k: v.grad for k, v in copies.items()}
# %% train_steps
def train_steps(params, X, Y, batches, lr):
    losses = []
    for batch in batches:
        batch = batch.unique()
        p = {k: v.detach().clone().requires_grad_() for k, v in params.items()}
        loss = F.cross_entropy(forward(p, X[batch]), Y[batch])
        losses.append(loss.item())
        loss.backward()
        params = {k: (v - lr * v.grad).detach() for k, v in p.items()}
    return params, losses
