# %% one_hot
def one_hot(ids, V):
    if ids.dim() == 0:
        v = torch.zeros(V)
        v[int(ids)] = 1.0
        return v
    return torch.stack([one_hot(i, V) for i in ids])

# %% neuron
def neuron(x, w, b):
    scores = []
    for ligne in x:
        s = float(b)
        for xi, wi in zip(ligne.tolist(), w.tolist()):
            s += xi * wi
        scores.append(s)
    return torch.tensor(scores)

# %% softmax
def softmax(z, dim=-1):
    morceaux = torch.movedim(z, dim, -1)
    plat = morceaux.reshape(-1, morceaux.shape[-1]).double()
    lignes = []
    for ligne in plat.tolist():
        m = max(ligne)
        e = [math.exp(v - m) for v in ligne]
        s = sum(e)
        lignes.append([v / s for v in e])
    return torch.movedim(torch.tensor(lignes).reshape(morceaux.shape), -1, dim)

# %% cross_entropy
def cross_entropy(z, y):
    total = 0.0
    for scores, bon in zip(z.tolist(), y.tolist()):
        m = max(scores)
        total += m + math.log(sum(math.exp(v - m) for v in scores)) - scores[bon]
    return torch.tensor(total / len(y))

# %% grad_logits
def grad_logits(z, y):
    B, V = z.shape
    p = softmax(z)
    g = torch.empty(B, V)
    for n in range(B):
        for j in range(V):
            g[n, j] = (p[n, j] - (1 if j == y[n] else 0)) / B
    return g

# %% bigram_gradient
def bigram_gradient(W, X, Y):
    paires = {}
    for i, j in zip(X.tolist(), Y.tolist()):
        paires[i, j] = paires.get((i, j), 0) + 1
    P = softmax(W)
    G = torch.zeros(W.shape)
    n = len(X)
    for (i, j), fois in paires.items():
        G[i] += fois / n * P[i]
        G[i, j] -= fois / n
    return G

# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    W = W0.clone()
    losses = []
    for _ in range(steps):
        losses.append(F.cross_entropy(W[X], Y).item())
        W = W - lr * bigram_gradient(W, X, Y)
    return W, losses
