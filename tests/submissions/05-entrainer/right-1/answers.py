# %% minibatches
def minibatches(n, batch_size, generator=None):
    restants = torch.randperm(n, generator=generator).tolist()
    lots = []
    while len(restants) > 0:
        lots.append(torch.tensor(restants[:batch_size]))
        restants = restants[batch_size:]
    return lots

# %% evaluate
def evaluate(params, X, Y, batch_size=4096):
    somme = 0
    i = 0
    while i < len(X):
        logits = forward(params, X[i:i + batch_size]).detach()
        logp = logits - logits.logsumexp(1, keepdim=True)
        y = Y[i:i + batch_size]
        somme = somme - logp[torch.arange(len(y)), y].sum()
        i = i + batch_size
    return somme / len(Y)  # a tensor without a graph

# %% try_learning_rates
def try_learning_rates(params, train, val, batches, rates):
    X, Y = train
    pertes = []
    for lr in rates:
        p = {}
        for nom in params:
            p[nom] = params[nom].clone().requires_grad_(True)
        for lot in batches:
            for t in p.values():
                t.grad = None
            mlp_loss(p, X[lot], Y[lot]).backward()
            with torch.no_grad():
                for t in p.values():
                    t -= lr * t.grad
        pertes.append(mlp_loss(p, val[0], val[1]))
    return torch.stack(pertes).detach()

# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    X, Y = train
    p = {nom: t.detach().clone() for nom, t in params.items()}
    for t in p.values():
        t.requires_grad = True
    meilleurs, plus_petite = None, float("inf")
    courbe_train, courbe_val = [], []
    for epoque in range(epochs):
        melange = torch.randperm(X.shape[0], generator=generator)
        for debut in range(0, X.shape[0], batch_size):
            lot = melange[debut:debut + batch_size]
            perte = F.cross_entropy(forward(p, X[lot]), Y[lot])
            for t in p.values():
                t.grad = None
            perte.backward()
            for t in p.values():
                t.data += -lr * t.grad
        with torch.no_grad():
            courbe_train.append(mlp_loss(p, X, Y).item())
            courbe_val.append(mlp_loss(p, *val).item())
        if courbe_val[-1] < plus_petite:
            plus_petite = courbe_val[-1]
            meilleurs = {nom: t.detach().clone() for nom, t in p.items()}
    return meilleurs, courbe_train, courbe_val

# %% best_epoch
def best_epoch(val_losses, patience):
    meilleure, sans_progres = 0, 0
    for e in range(1, len(val_losses)):
        if val_losses[e] < val_losses[meilleure]:
            meilleure = e
            sans_progres = 0
        else:
            sans_progres += 1
            if sans_progres == patience:
                return meilleure
    return meilleure

# %% select_model
def select_model(candidates, val, test):
    gagnant = None
    plus_petite = None
    for nom in candidates:
        perte = mlp_loss(candidates[nom], *val).item()
        if perte != perte:
            continue
        if plus_petite is None or perte < plus_petite:
            plus_petite = perte
            gagnant = nom
    return [gagnant, mlp_loss(candidates[gagnant], *test)]

# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    E = params["C"].shape[1]
    k = len(params["W1"]) // E
    prenoms = []
    for _ in range(n):
        lettres = "." * k
        while max_len is None or len(lettres) - k < max_len:
            ids = [itos.index(c) for c in lettres[-k:]]
            p = torch.softmax(forward(params, torch.tensor(ids).view(1, k))[0].double(), 0)
            u = torch.rand(1, generator=generator, dtype=torch.float64)
            i = min(int((p.cumsum(0) < u).sum()), len(itos) - 1)
            if i == 0:
                break
            lettres += itos[i]
        prenoms.append(lettres[k:])
    return prenoms

# %% load_weights
def save_weights(params, path):
    torch.save(params, path)


def load_weights(path):
    with open(path, "rb") as fichier:
        return torch.load(fichier)  # weights_only is True by default
