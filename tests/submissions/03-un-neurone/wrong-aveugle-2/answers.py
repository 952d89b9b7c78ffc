# %% bigram_gradient
def bigram_gradient(W, X, Y):
    V = len(W)
    N = torch.zeros(V, V).index_put_((X, Y), torch.ones(len(X)), accumulate=True)
    return torch.softmax(W, dim=1) - N / len(X)


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
