# %% minibatches
import numpy as np

def minibatches(n, batch_size, generator=None):
    graine = torch.randint(2**31, (1,), generator=generator).item()
    ordre = np.random.default_rng(graine).permutation(n)
    return [torch.from_numpy(lot) for lot in np.split(ordre, range(batch_size, n, batch_size))]

# %% + after minibatches
def np_forward(params, X):
    p = {nom: w.detach().numpy().astype(np.float64) for nom, w in params.items()}
    x = p["C"][np.asarray(X)].reshape(len(X), -1)
    return np.tanh(x @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]

def np_pertes(params, X, Y):
    z = np_forward(params, X)
    z = z - z.max(axis=1, keepdims=True)
    return np.log(np.exp(z).sum(axis=1)) - z[np.arange(len(Y)), np.asarray(Y)]

# %% evaluate
def evaluate(params, X, Y, batch_size=4096):
    pertes = np.concatenate([np_pertes(params, X[i:i + batch_size], Y[i:i + batch_size]) for i in range(0, len(Y), batch_size)])
    return float(pertes.mean())

# %% try_learning_rates
def np_pas(params, X, Y, lr):
    """Un pas de descente, gradients à la main."""
    p = {nom: w.detach().numpy().astype(np.float64) for nom, w in params.items()}
    X, Y = np.asarray(X), np.asarray(Y)
    B, k = X.shape
    E = p["C"].shape[1]
    x = p["C"][X].reshape(B, -1)
    h = np.tanh(x @ p["W1"] + p["b1"])
    z = h @ p["W2"] + p["b2"]
    z = np.exp(z - z.max(axis=1, keepdims=True))
    dz = z / z.sum(axis=1, keepdims=True)
    dz[np.arange(B), Y] -= 1
    dz /= B
    da = dz @ p["W2"].T * (1 - h**2)
    dC = np.zeros_like(p["C"])
    np.add.at(dC, X.reshape(-1), (da @ p["W1"].T).reshape(-1, E))
    grads = {"C": dC, "W1": x.T @ da, "b1": da.sum(axis=0), "W2": h.T @ dz, "b2": dz.sum(axis=0)}
    return {nom: torch.from_numpy(p[nom] - lr * grads[nom]) for nom in p}

def try_learning_rates(params, train, val, batches, rates):
    pertes = []
    for lr in rates:
        poids = params
        for lot in batches:
            poids = np_pas(poids, train[0][lot], train[1][lot], lr)
        pertes.append(evaluate(poids, *val))
    return pertes

# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    X, Y = train
    courbe_train, courbe_val, garde = np.zeros(epochs), np.zeros(epochs), []
    poids = params
    for e in range(epochs):
        for lot in minibatches(len(Y), batch_size, generator):
            poids = np_pas(poids, X[lot], Y[lot], lr)
        garde.append(poids)
        courbe_train[e], courbe_val[e] = evaluate(poids, X, Y), evaluate(poids, *val)
    return garde[np.argmin(courbe_val)], courbe_train.tolist(), courbe_val.tolist()

# %% best_epoch
def best_epoch(val_losses, patience):
    v = np.array(val_losses)
    for e in range(len(v)):
        meilleure = int(np.argmin(v[: e + 1]))
        if e - meilleure >= patience:
            return meilleure
    return int(np.argmin(v))

# %% select_model
def select_model(candidates, val, test):
    noms = list(candidates)
    notes = np.array([evaluate(candidates[nom], *val) for nom in noms])
    gagnant = noms[np.nanargmin(notes)]
    return gagnant, evaluate(candidates[gagnant], *test)

# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    k = params["W1"].shape[0] // params["C"].shape[1]
    rng = np.random.default_rng(torch.randint(2**31, (1,), generator=generator).item())
    noms = []
    for _ in range(n):
        contexte, nom = [0] * k, ""
        while max_len is None or len(nom) < max_len:
            z = np_forward(params, np.array([contexte]))[0]
            p = np.exp(z - z.max())
            i = int(rng.choice(len(p), p=p / p.sum()))
            if i == 0:
                break
            nom += itos[i]
            contexte = contexte[1:] + [i]
        noms.append(nom)
    return noms

# %% load_weights
def save_weights(params, path):
    torch.save({nom: torch.as_tensor(np.array(w.detach())) for nom, w in params.items()}, path)

def load_weights(path):
    return dict(torch.load(path, weights_only=True))
