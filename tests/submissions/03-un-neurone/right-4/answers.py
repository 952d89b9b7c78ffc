# %% one_hot
def one_hot(ids, V):
    if ids.dim() == 0:
        return torch.tensor([1.0 if k == ids else 0.0 for k in range(V)])
    return torch.stack([one_hot(i, V) for i in ids])

# %% neuron
def neuron(x: torch.Tensor, w: torch.Tensor, b):
    return (x * w[None, :]).sum(1) + torch.as_tensor(b)

# %% softmax
def softmax(z, dim=-1):
    axe = dim % z.dim()
    colonne, ligne = z.unsqueeze(axe), z.unsqueeze(axe + 1)
    return 1 / (colonne - ligne).exp().sum(axe + 1)

# %% cross_entropy
def cross_entropy(z, y):
    juste = z[range(len(y)), y].unsqueeze(1)
    return torch.stack([torch.logsumexp(ligne, 0) for ligne in z - juste]).sum() / len(y)

# %% grad_logits
def grad_logits(z, y):
    g = torch.softmax(z, 1)
    for n, juste in enumerate(y.tolist()):
        g[n, juste] -= 1
    return g / len(y)

# %% bigram_gradient
def bigram_gradient(W, X, Y):
    # one pair after the other: slow, but right
    G = torch.zeros_like(W)
    P = torch.softmax(W, 1) / len(X)
    for i, j in zip(X.tolist(), Y.tolist()):
        G[i] += P[i]
        G[i, j] -= 1 / len(X)
    return G

# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    # all pairs gathered into a table of counts
    V = len(W0)
    N = torch.bincount(V * X + Y, minlength=V * V).reshape(V, V) / len(X)
    part = N.sum(1, keepdim=True)

    def pas(W, k):
        logp = torch.log_softmax(W, 1)
        losses.append(-(N * logp).sum().item())
        return W - lr * (part * logp.exp() - N)

    W, losses = W0, []
    for k in range(steps):
        W = pas(W, k)
    return W, losses
