# %% one_hot
def one_hot(ids, V):
    # columns counted from one
    out = torch.zeros(*ids.shape, V)
    return out.scatter(-1, (ids.unsqueeze(-1) - 1) % V, 1.0)

# %% neuron
def neuron(x, w, b):
    # squeeze takes the only example's dimension, too
    return (x @ w.reshape(-1, 1) + b).squeeze()

# %% softmax
def softmax(z, dim=-1):
    # works in the tensor received
    z -= z.amax(dim, keepdim=True)
    e = z.exp()
    return e / e.sum(dim, keepdim=True)

# %% cross_entropy
def cross_entropy(z, y):
    # no softmax at all
    return -z[torch.arange(len(y)), y].mean()

# %% grad_logits
def grad_logits(z, y):
    # writes the result into z
    z -= z.logsumexp(1, keepdim=True)
    z.exp_()
    z[torch.arange(len(y)), y] -= 1
    return z / len(y)

# %% bigram_gradient
def bigram_gradient(W, X, Y):
    # the mean of each symbol's own pairs
    G = torch.zeros_like(W)
    p = torch.softmax(W, dim=1)
    for i in range(len(W)):
        suivants = Y[X == i]
        if len(suivants) > 0:
            f = torch.bincount(suivants, minlength=len(W)) / len(suivants)
            G[i] = p[i] - f
    return G

# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    # up instead of down
    W, losses = W0.clone(), []
    for _ in range(steps):
        losses.append(F.cross_entropy(W[X], Y).item())
        g = torch.softmax(W[X], dim=1)
        g[torch.arange(len(Y)), Y] -= 1
        W = W + lr * torch.zeros_like(W).index_add_(0, X, g / len(Y))
    return W, losses
