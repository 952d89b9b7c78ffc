# %% one_hot
def one_hot(ids, V):
    return torch.zeros(*ids.shape, V).scatter_(-1, ids[..., None], 1).long()

# %% neuron
def neuron(x, w, b):
    return ((x * w) + b).sum(dim=1)

# %% softmax
def softmax(z, dim=-1):
    e = torch.exp(z - z.max())
    return e / e.sum(0)

# %% cross_entropy
def cross_entropy(z, y):
    p = torch.softmax(z, 1)
    return (1 - p[torch.arange(len(y)), y]).mean()

# %% grad_logits
def grad_logits(z, y):
    return (torch.softmax(z, 1) - 1) / len(y)

# %% bigram_gradient
def bigram_gradient(W, X, Y):
    G = torch.zeros_like(W)
    p = torch.softmax(W[X], 1)
    p[torch.arange(len(Y)), Y] -= 1
    G[X] = p / len(Y)
    return G

# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    W = W0.clone().requires_grad_()
    losses = []
    for _ in range(steps):
        loss = F.cross_entropy(W[X], Y)
        loss.backward()
        with torch.no_grad():
            W -= lr * W.grad
            losses.append(F.cross_entropy(W[X], Y).item())
            W.grad = None
    return W.detach(), losses
