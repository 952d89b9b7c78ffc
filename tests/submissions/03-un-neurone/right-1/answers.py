# %% one_hot
def one_hot(ids, V):
    return np.eye(V)[np.asarray(ids)]

# %% neuron
def neuron(x, w, b):
    scores = []
    for exemple in x.tolist():
        s = float(b)
        for entree, poids in zip(exemple, w.tolist()):
            s += entree * poids
        scores.append(s)
    return scores

# %% softmax
def softmax(z, dim=-1):
    z = np.array(z, dtype=np.float64)
    z -= z.max(axis=dim, keepdims=True)
    e = np.exp(z)
    return e / e.sum(axis=dim, keepdims=True)

# %% cross_entropy
def cross_entropy(z, y):
    total = 0.0
    for ligne, juste in zip(z.tolist(), y.tolist()):
        m = max(ligne)
        total += m + math.log(sum(math.exp(s - m) for s in ligne)) - ligne[juste]
    return total / len(y)

# %% grad_logits
def grad_logits(z, y):
    g = softmax(z)
    g[np.arange(len(y)), np.asarray(y)] -= 1
    return g / len(y)

# %% bigram_gradient
def bigram_gradient(W, X, Y):
    W, X, Y = np.asarray(W), np.asarray(X), np.asarray(Y)
    G = np.zeros(W.shape)
    np.add.at(G, X, np.asarray(grad_logits(W[X], Y)))
    return G

# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    X, Y = np.asarray(X), np.asarray(Y)
    W = np.array(W0, dtype=np.float64)
    lignes = np.arange(len(X))
    pertes = []
    for _ in range(steps):
        p = softmax(W[X])
        pertes.append(-np.log(p[lignes, Y]).mean())
        p[lignes, Y] -= 1
        G = np.zeros_like(W)
        np.add.at(G, X, p / len(X))
        W -= lr * G
    return W, pertes
