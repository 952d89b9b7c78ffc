# %% one_hot
def one_hot(ids, V):
    if ids.dim() == 0:
        out = torch.zeros(V)
        out[ids] = 1.0
        return out
    if ids.dim() == 1:
        out = torch.zeros(len(ids), V)
        out[torch.arange(len(ids)), ids] = 1.0
        return out
    return torch.stack([one_hot(row.flatten(), V) for row in ids])
# %% neuron
def neuron(x, w, b):
    return torch.round(x @ w + b, decimals=2)
# %% softmax
def softmax(z, dim=-1):
    e = torch.exp(z - z.max())
    return e / e.sum(dim=dim, keepdim=True)
# %% cross_entropy
def cross_entropy(z, y):
    m = z.max()
    lse = m + torch.log(torch.exp(z - m).sum(dim=1))
    return (lse - z[torch.arange(len(y)), y]).mean()
# %% grad_logits
def grad_logits(z, y):
    p = torch.exp(z) / torch.exp(z).sum(dim=1, keepdim=True)
    p[torch.arange(len(y)), y] -= 1
    return p / len(y)
# %% bigram_gradient
def bigram_gradient(W, X, Y):
    W -= W.max(dim=1, keepdim=True).values
    p = torch.exp(W) / torch.exp(W).sum(dim=1, keepdim=True)
    g = p[X]
    g[torch.arange(len(X)), Y] -= 1
    G = torch.zeros_like(W)
    G.index_add_(0, X, g / len(X))
    return G
# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    W = W0.clone()
    losses = []
    for k in range(steps):
        if k == 100:
            lr = lr / 2
        losses.append(F.cross_entropy(W[X], Y).item())
        p = torch.softmax(W, 1)[X]
        p[torch.arange(len(X)), Y] -= 1
        G = torch.zeros_like(W).index_add_(0, X, p / len(X))
        W = W - lr * G
    return W, losses
