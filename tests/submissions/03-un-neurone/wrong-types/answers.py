# %% one_hot
def one_hot(ids, V):
    return F.one_hot(ids, V)

# %% neuron
def neuron(x, w, b):
    return (x.long() * w.long()).sum(dim=1) + b

# %% softmax
def softmax(z, dim=-1):
    z = z.to(torch.float16)
    return torch.softmax(z, dim)

# %% grad_logits
def grad_logits(z, y):
    g = torch.softmax(z, dim=1) - F.one_hot(y, z.shape[1])
    return (g / len(y)).to(torch.bfloat16)

# %% bigram_gradient
def bigram_gradient(W, X, Y):
    G = torch.zeros(W.shape, dtype=torch.int64)
    g = torch.softmax(W[X], dim=1) - F.one_hot(Y, len(W))
    G.index_add_(0, X, g.long())
    return G / len(X)

# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    W, losses = W0.to(torch.float16), []
    for _ in range(steps):
        p = torch.softmax(W, dim=1)
        losses.append(-torch.log(p[X, Y]).mean())
        N = torch.zeros_like(W).index_put_((X, Y), torch.tensor(1.0, dtype=torch.float16), accumulate=True)
        W = W - lr * (N.sum(dim=1, keepdim=True) * p - N) / len(X)
    return W, losses
