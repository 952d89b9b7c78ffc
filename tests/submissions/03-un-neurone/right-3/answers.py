# %% one_hot
def one_hot(ids, V):
    return torch.zeros(*ids.shape, V).scatter_(-1, ids[..., None], 1.0)

# %% neuron
def neuron(x, w, b):
    return torch.einsum("bd,d->b", x, w).add(b)

# %% softmax
def softmax(z, dim=-1):
    return torch.exp(z - torch.logsumexp(z, dim=dim, keepdim=True))

# %% + after softmax
# un petit essai à moi
print(softmax(torch.tensor([[3.0, 1.0]])))

# %% cross_entropy
def cross_entropy(z, y):
    z = z.double()
    m = z.max(dim=1, keepdim=True).values
    logp = z - m - (z - m).exp().sum(1, keepdim=True).log()
    return -logp.gather(1, y[:, None]).mean()

# %% grad_logits
def grad_logits(z, y):
    g = softmax(z.double())
    g.scatter_add_(1, y[:, None], -torch.ones(len(y), 1, dtype=g.dtype))
    return g.div_(len(y))

# %% bigram_gradient
def bigram_gradient(W, X, Y):
    g = grad_logits(W[X], Y)
    return torch.zeros(W.shape, dtype=g.dtype).index_add_(0, X, g)

# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    W = W0.double().clone()
    losses = torch.empty(steps)
    for k in range(steps):
        losses[k] = cross_entropy(W[X], Y)
        W -= lr * bigram_gradient(W, X, Y)
    return [W.float(), losses]
