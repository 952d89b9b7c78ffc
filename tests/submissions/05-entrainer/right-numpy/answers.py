# %% minibatches
import numpy as np

def minibatches(n, batch_size, generator=None):
    graine = torch.randint(2**62, (1,), generator=generator).item()
    ordre = np.random.default_rng(graine).permutation(n)
    return list(torch.from_numpy(ordre).split(batch_size))

# %% evaluate
def avant(p, X):
    x = p["C"][X].reshape(len(X), -1)
    h = np.tanh(x @ p["W1"] + p["b1"])
    z = h @ p["W2"] + p["b2"]
    m = z.max(1, keepdims=True)
    log_p = z - m - np.log(np.exp(z - m).sum(1, keepdims=True))
    return x, h, log_p

def en_numpy(params):
    return {nom: t.detach().numpy().astype(np.float64) for nom, t in params.items()}

def evaluate(params, X, Y, batch_size=4096):
    p = en_numpy(params)
    surprises = []
    for debut in range(0, len(Y), batch_size):
        y = Y[debut : debut + batch_size].numpy()
        log_p = avant(p, X[debut : debut + batch_size].numpy())[2]
        surprises.append(-log_p[np.arange(len(y)), y])
    return float(np.concatenate(surprises).mean())

# %% try_learning_rates
def un_pas(p, X, Y, lr):
    X, Y = np.asarray(X), np.asarray(Y)
    x, h, log_p = avant(p, X)
    dz = np.exp(log_p)
    dz[np.arange(len(Y)), Y] -= 1
    dz /= len(Y)
    da = dz @ p["W2"].T * (1 - h**2)
    dC = np.zeros_like(p["C"])
    np.add.at(dC, X, (da @ p["W1"].T).reshape(*X.shape, -1))
    g = {"C": dC, "W1": x.T @ da, "b1": da.sum(0), "W2": h.T @ dz, "b2": dz.sum(0)}
    return {nom: p[nom] - lr * g[nom] for nom in p}

def vers_torch(p):
    return {nom: torch.tensor(t, dtype=torch.float32) for nom, t in p.items()}

def try_learning_rates(params, train, val, batches, rates):
    pertes = np.zeros(len(rates))
    for i, lr in enumerate(rates):
        p = en_numpy(params)
        for lot in batches:
            p = un_pas(p, train[0][lot], train[1][lot], lr)
        pertes[i] = evaluate(vers_torch(p), *val)
    return pertes

# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    p = en_numpy(params)
    meilleurs, record = None, float("inf")
    courbes = np.zeros((2, epochs))
    for e in range(epochs):
        for lot in minibatches(len(train[1]), batch_size, generator):
            p = un_pas(p, train[0][lot], train[1][lot], lr)
        poids = vers_torch(p)
        courbes[:, e] = evaluate(poids, *train), evaluate(poids, *val)
        if courbes[1, e] < record:
            record, meilleurs = courbes[1, e], poids
    return meilleurs, courbes[0], courbes[1]

# %% best_epoch
def best_epoch(val_losses, patience):
    v = np.asarray(val_losses, dtype=float)
    lu = 1
    while lu < len(v) and lu - 1 - int(v[:lu].argmin()) < patience:
        lu += 1
    return int(v[:lu].argmin())

# %% select_model
def select_model(candidates, val, test):
    noms = list(candidates)
    gagnant = noms[int(np.nanargmin([evaluate(candidates[nom], *val) for nom in noms]))]
    return gagnant, evaluate(candidates[gagnant], *test)

# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    p = en_numpy(params)
    k = p["W1"].shape[0] // p["C"].shape[1]
    hasard = np.random.default_rng(torch.randint(2**62, (1,), generator=generator).item())
    prenoms = [""] * n
    contextes, actifs, t = np.zeros((n, k), dtype=int), np.arange(n), 0
    while len(actifs) and (max_len is None or t < max_len):
        lois = np.exp(avant(p, contextes[actifs])[2])
        tires = np.array([hasard.choice(len(itos), p=loi / loi.sum()) for loi in lois])
        contextes[actifs] = np.column_stack([contextes[actifs][:, 1:], tires]) if k > 1 else tires[:, None]
        for i, s in zip(actifs, tires):
            if s:
                prenoms[i] += itos[s]
        actifs = actifs[tires != 0]
        t += 1
    return prenoms

# %% load_weights
def load_weights(path):
    poids = torch.load(str(path), weights_only=True)
    return dict(poids)

def save_weights(params, path):
    torch.save(dict(params), str(path))
