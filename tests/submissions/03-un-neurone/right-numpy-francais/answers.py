# %% one_hot
def one_hot(ids, V):
    ids = np.asarray(ids)
    return (ids[..., None] == np.arange(V)).astype(np.float32)

# %% neuron
def neuron(x, w, b):
    x, w = np.asarray(x), np.asarray(w)
    return x.dot(w) + float(b)

# %% softmax
def softmax(z, dim=-1):
    z = np.asarray(z, dtype=np.float64)
    e = np.exp(z - z.max(axis=dim, keepdims=True))
    return e / e.sum(axis=dim, keepdims=True)

# %% cross_entropy
def cross_entropy(z, y):
    z = np.asarray(z, dtype=np.float64)
    m = z.max(axis=1, keepdims=True)
    log_p = z - m - np.log(np.exp(z - m).sum(axis=1, keepdims=True))
    return -np.mean(log_p[np.arange(len(z)), np.asarray(y)])

# %% grad_logits
def grad_logits(z, y):
    g = softmax(z, 1)
    g[range(len(g)), y] -= 1
    return g / len(g)

# %% bigram_gradient
def bigram_gradient(W, X, Y):
    W, X = np.asarray(W, dtype=np.float64), np.asarray(X)
    G = np.zeros_like(W)
    np.add.at(G, X, grad_logits(W[X], np.asarray(Y)))
    return G

# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    V = len(W0)
    N = np.zeros((V, V))
    np.add.at(N, (np.asarray(X), np.asarray(Y)), 1)
    W = np.array(W0, dtype=np.float64)
    pertes = []
    for _ in range(steps):
        P = softmax(W)
        pertes.append(float(-(N * np.log(P)).sum() / N.sum()))
        W -= lr * (N.sum(1, keepdims=True) * P - N) / N.sum()
    return W, pertes
