# %% cross_entropy
def cross_entropy(z, y):
    p = torch.softmax(z, dim=1)
    return -torch.log(p[torch.arange(len(y)), y] + 1e-9).mean()


# %% bigram_gradient
def bigram_gradient(W, X, Y):
    V = len(W)
    N = torch.zeros(V, V)
    for i, j in zip(X.tolist(), Y.tolist()):
        N[i, j] += 1
    return torch.softmax(W, dim=1) - N / N.sum(1, keepdim=True).clamp(min=1)


# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    W = W0.clone()
    losses = []
    for _ in range(steps):
        g = torch.softmax(W[X], dim=1)
        g[torch.arange(len(Y)), Y] -= 1
        losses.append(F.cross_entropy(W[X], Y).item())
        W = W - lr * torch.zeros_like(W).index_add_(0, X, g / len(Y))
    return W, losses
