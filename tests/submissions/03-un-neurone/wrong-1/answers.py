# %% one_hot
def one_hot(ids, V):
    # V is not used
    return F.one_hot(ids).float()

# %% neuron
def neuron(x, w, b):
    # the bias is forgotten
    return x @ w

# %% softmax
def softmax(z, dim=-1):
    # straight from the formula
    e = torch.exp(z)
    return e / e.sum(dim=dim, keepdim=True)

# %% cross_entropy
def cross_entropy(z, y):
    # the logarithm comes after the softmax
    p = softmax(z)
    return -torch.log(p[torch.arange(len(y)), y]).mean()

# %% grad_logits
def grad_logits(z, y):
    # the mean is forgotten
    g = softmax(z).clone()
    g[torch.arange(len(y)), y] -= 1
    return g

# %% bigram_gradient
def bigram_gradient(W, X, Y):
    # += with repeated indices keeps one of them only
    g = torch.softmax(W[X], dim=1)
    g[torch.arange(len(Y)), Y] -= 1
    g /= len(X)
    G = torch.zeros_like(W)
    G[X] += g
    return G

# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    # the gradients pile up: no zero_grad
    W = W0.clone().requires_grad_()
    losses = []
    for _ in range(steps):
        loss = F.cross_entropy(W[X], Y)
        loss.backward()
        losses.append(loss.item())
        with torch.no_grad():
            W -= lr * W.grad
    return W, losses
