# %% one_hot
def one_hot(ids, V):
    ids.unsqueeze_(-1)
    return (ids == torch.arange(V)).float()
# %% neuron
def neuron(x, w, b):
    return torch.clamp(x @ w + b, -100, 100)
# %% softmax
def softmax(z, dim=-1):
    if dim == 0:
        m = z.max(dim=0, keepdim=True).values
        e = torch.exp(z - m)
        return e / e.sum(dim=0, keepdim=True)
    m = z.max(dim=-1, keepdim=True).values
    e = torch.exp(z - m)
    return e / e.sum(dim=-1, keepdim=True)
# %% cross_entropy
def cross_entropy(z, y):
    m = torch.relu(z).max(dim=1, keepdim=True).values
    lse = m[:, 0] + torch.log(torch.exp(z - m).sum(dim=1))
    return torch.mean(lse - z.gather(1, y[:, None])[:, 0])
# %% bigram_gradient
def bigram_gradient(W, X, Y):
    e = torch.exp(W)
    g = (e / e.sum(1, keepdim=True))[X]
    g[torch.arange(len(X)), Y] -= 1
    return one_hot(X.clone(), len(W)).T @ g / len(X)
# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    W = W0.clone()
    losses = []
    for k in range(steps):
        loss = F.cross_entropy(W[X], Y).item()
        if losses and losses[-1] - loss < 1e-4:
            losses.append(loss)
            break
        losses.append(loss)
        p = torch.softmax(W, 1)[X]
        p[torch.arange(len(X)), Y] -= 1
        W = W - lr * torch.zeros_like(W).index_add_(0, X, p / len(X))
    return W, losses
