# %% one_hot
def one_hot(ids, V):
    return F.one_hot(ids, V).to(torch.get_default_dtype())

# %% neuron
def neuron(x, w, b):
    return F.linear(x, w.unsqueeze(0)).squeeze(1) + b

# %% softmax
def softmax(z, dim=-1):
    return F.log_softmax(z, dim=dim).exp()

# %% cross_entropy
def cross_entropy(z, y):
    return F.nll_loss(F.log_softmax(z, dim=1), y)

# %% grad_logits
def grad_logits(z, y):
    p = F.softmax(z, dim=1)
    return torch.where(torch.arange(z.shape[1]) == y[:, None], p - 1, p) / z.shape[0]

# %% bigram_gradient
def bigram_gradient(W, X, Y):
    # la chaîne : dL/dW = x^T dL/dz, avec x les codes one-hot
    return torch.einsum("ni,nj->ij", F.one_hot(X, len(W)).to(W), grad_logits(W[X], Y))

# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    W = torch.nn.Parameter(W0.clone())
    optimiseur = torch.optim.SGD([W], lr=lr)
    codes = one_hot(X, len(W0))
    losses = []
    for _ in range(steps):
        optimiseur.zero_grad()
        loss = F.cross_entropy(codes @ W, Y)
        loss.backward()
        optimiseur.step()
        losses.append(loss.detach())
    return W, losses
