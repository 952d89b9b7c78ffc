# %% one_hot
def one_hot(ids, V):
    print(torch.eye(V)[ids])

# %% neuron
def neuron(x, w, b):
    # one sum for everything
    return torch.sum(x * w) + b

# %% softmax
def softmax(z, dim=-1):
    # the whole table sums to one
    e = torch.exp(z - z.max())
    return e / e.sum()

# %% cross_entropy
def cross_entropy(z, y):
    # softmax along the examples
    logp = torch.log_softmax(z, dim=0)
    return -logp[range(len(y)), y].mean()

# %% grad_logits
def grad_logits(z, y):
    # softmax along the examples
    p = torch.softmax(z, dim=0)
    return (p - F.one_hot(y, z.shape[1])) / len(y)

# %% bigram_gradient
def bigram_gradient(W, X, Y):
    # predicts the current symbol from the next one
    V = len(W)
    g = (torch.softmax(W[Y], dim=1) - F.one_hot(X, V)) / len(X)
    return F.one_hot(Y, V).float().T @ g

# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    # after one step W is no leaf any more and has no gradient
    W = W0.clone().requires_grad_()
    losses = []
    for _ in range(steps):
        loss = F.cross_entropy(W[X], Y)
        loss.backward()
        losses.append(loss.item())
        W = W - lr * W.grad
    return W, losses
