# %% one_hot
def one_hot(ids, V):
    # classes in rows, examples in columns
    out = torch.zeros(V, len(ids))
    out[ids, torch.arange(len(ids))] = 1.0
    return out

# %% neuron
def neuron(x, w, b):
    # multiplied, not summed
    return x * w + b

# %% softmax
def softmax(z, dim=-1):
    # keepdim forgotten
    e = torch.exp(z - z.max())
    return e / e.sum(dim)

# %% cross_entropy
def cross_entropy(z, y):
    # F.cross_entropy wants scores
    p = torch.softmax(z, dim=1)
    return F.cross_entropy(p, y)

# %% grad_logits
def grad_logits(z, y):
    # one is taken from every probability
    return (torch.softmax(z, dim=-1) - 1) / len(y)

# %% bigram_gradient
def bigram_gradient(W, X, Y):
    # the gradient of the sum
    V = W.shape[0]
    xenc = F.one_hot(X, num_classes=V).float()
    yenc = F.one_hot(Y, num_classes=V).float()
    probs = torch.softmax(xenc @ W, dim=1)
    return xenc.T @ (probs - yenc)

# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    # the loss is taken down after the step
    W = W0.clone()
    losses = []
    for _ in range(steps):
        g = (torch.softmax(W[X], 1) - F.one_hot(Y, len(W))) / len(X)
        W = W - lr * (F.one_hot(X, len(W)).float().T @ g)
        losses.append(F.cross_entropy(W[X], Y).item())
    return W, losses
