# %% minibatches
def minibatches(n, batch_size, generator=None):
    ordre = torch.randperm(n, generator=generator)
    return [ordre[i * batch_size : (i + 1) * batch_size] for i in range(n // batch_size)]

# %% evaluate
def evaluate(params, X, Y, batch_size=4096):
    pertes = [mlp_loss(params, X[i : i + batch_size], Y[i : i + batch_size]).item() for i in range(0, len(Y), batch_size)]
    return sum(pertes) / len(pertes)

# %% try_learning_rates
def try_learning_rates(params, train, val, batches, rates):
    resultats = []
    for lr in rates:
        params, _ = train_steps(params, train[0], train[1], batches, lr)
        with torch.no_grad():
            resultats.append(mlp_loss(params, val[0], val[1]).item())
    return resultats

# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    meilleurs, train_losses, val_losses = None, [], []
    for epoque in range(epochs):
        ordre = torch.randperm(len(train[0]), generator=generator)
        params, _ = train_steps(params, train[0], train[1], ordre.split(batch_size), lr)
        with torch.no_grad():
            train_losses.append(mlp_loss(params, *train).item())
            val_losses.append(mlp_loss(params, *val).item())
        if train_losses[-1] == min(train_losses):
            meilleurs = params
    return meilleurs, train_losses, val_losses

# %% best_epoch
def best_epoch(val_losses, patience):
    meilleure, mauvaises = 0, 0
    for e in range(1, len(val_losses)):
        if val_losses[e] < val_losses[meilleure]:
            meilleure = e
        else:
            mauvaises += 1
            if mauvaises >= patience:
                break
    return meilleure

# %% select_model
def select_model(candidates, val, test):
    pertes = {}
    with torch.no_grad():
        for nom, poids in candidates.items():
            pertes[nom] = mlp_loss(poids, test[0], test[1]).item()
    nom = min(pertes, key=pertes.get)
    return nom, pertes[nom]

# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    k = params["W1"].shape[0] // params["C"].shape[1]
    prenoms = []
    for _ in range(n):
        ids = []
        while max_len is None or len(ids) < max_len:
            contexte = (ids + [0] * k)[:k] if len(ids) < k else ids[-k:]
            p = forward(params, torch.tensor([contexte])).softmax(1)
            i = torch.multinomial(p, 1, generator=generator).item()
            if i == 0:
                break
            ids.append(i)
        prenoms.append("".join(itos[i] for i in ids))
    return prenoms

# %% load_weights
def load_weights(path):
    return torch.load(path, weights_only=False)

def save_weights(params, path):
    torch.save(params, path)
