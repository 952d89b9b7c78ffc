# %% one_hot
def one_hot(ids, V):
    # one vector for the whole list
    out = torch.zeros(V)
    out[ids] = 1.0
    return out

# %% neuron
def neuron(x, w, b):
    # the bias as a threshold
    return torch.mv(x, w) - b

# %% softmax
def softmax(z, dim=-1):
    # a sign too many
    z = z - z.amin(dim, keepdim=True)
    e = torch.exp(-z)
    return e / e.sum(dim, keepdim=True)

# %% cross_entropy
def cross_entropy(z, y):
    # the exponentials overflow
    return (torch.log(torch.exp(z).sum(dim=1)) - z[torch.arange(len(y)), y]).mean()

# %% grad_logits
def grad_logits(z, y):
    # the derivative of -log p, forgetting that p depends on z
    p = torch.softmax(z, dim=1)
    g = torch.zeros_like(p)
    g[torch.arange(len(y)), y] = -1 / p[torch.arange(len(y)), y]
    return g / len(y)

# %% bigram_gradient
def bigram_gradient(W, X, Y):
    # takes the step
    g = (torch.softmax(W[X], 1) - F.one_hot(Y, len(W))) / len(X)
    return W - F.one_hot(X, len(W)).float().T @ g

# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    # one step too many
    W = W0.clone()
    losses = []
    for k in range(steps + 1):
        if k < steps:
            losses.append(F.cross_entropy(W[X], Y).item())
        g = (torch.softmax(W[X], 1) - F.one_hot(Y, len(W))) / len(X)
        W -= lr * torch.zeros_like(W).index_add_(0, X, g)
    return W, losses
