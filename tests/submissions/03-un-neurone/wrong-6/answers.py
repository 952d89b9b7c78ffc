# %% one_hot
def one_hot(ids, V):
    # true and false
    return ids.unsqueeze(-1) == torch.arange(V)

# %% neuron
def neuron(x, w, b):
    # writes the products into x
    x *= w
    return x.sum(dim=1) + b

# %% softmax
def softmax(z, dim=-1):
    # a share of the scores
    return z / z.sum(dim, keepdim=True)

# %% cross_entropy
def cross_entropy(z, y):
    # logarithm to base 2
    p = torch.softmax(z, dim=1)
    return -torch.log2(p[torch.arange(len(y)), y]).mean()

# %% grad_logits
def grad_logits(z, y):
    # only the right class gets a gradient
    p = torch.softmax(z, dim=1)
    g = torch.zeros_like(z)
    for i in range(len(y)):
        g[i, y[i]] = p[i, y[i]] - 1
    return g / len(y)

# %% bigram_gradient
def bigram_gradient(W, X, Y):
    # the direction of the step instead of the gradient
    p = torch.softmax(W[X], dim=1)
    y = torch.eye(len(W))[Y]
    return torch.eye(len(W))[X].T @ (y - p) / len(X)

# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    # return stands in the loop
    W = W0.clone()
    losses = []
    for _ in range(steps):
        losses.append(F.cross_entropy(W[X], Y).item())
        g = (torch.softmax(W[X], 1) - F.one_hot(Y, len(W))) / len(X)
        W = W - lr * torch.zeros_like(W).index_add_(0, X, g)
        return W, losses
