# %% one_hot
def one_hot(ids, V):
    # integers
    return F.one_hot(ids, num_classes=V)

# %% neuron
def neuron(x, w, b):
    # the bias is added before the sum
    return (x * w + b).sum(dim=1)

# %% softmax
def softmax(z, dim=-1):
    # sums over the first dimension
    e = z.exp()
    return e / e.sum(0)

# %% cross_entropy
def cross_entropy(z, y):
    # a sum
    total = 0.0
    for i in range(len(y)):
        total += torch.logsumexp(z[i], dim=0) - z[i, y[i]]
    return total

# %% grad_logits
def grad_logits(z, y):
    # truth minus prediction
    p = torch.softmax(z, dim=1)
    return (F.one_hot(y, z.shape[1]) - p) / z.shape[0]

# %% bigram_gradient
def bigram_gradient(W, X, Y):
    # the product the wrong way round
    g = (torch.softmax(W[X], 1) - F.one_hot(Y, W.shape[0])) / X.shape[0]
    return g.T @ F.one_hot(X, W.shape[0]).float()

# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    # W and W0 are one tensor
    W = W0
    losses = []
    for k in range(steps):
        logits = W[X]
        losses.append(F.cross_entropy(logits, Y).item())
        g = (torch.softmax(logits, 1) - F.one_hot(Y, len(W))) / len(X)
        W -= lr * torch.zeros_like(W).index_add_(0, X, g)
    return W, losses
