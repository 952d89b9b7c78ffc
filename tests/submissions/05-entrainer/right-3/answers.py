# %% minibatches
def minibatches(n, batch_size, generator=None):
    return torch.rand(n, generator=generator, dtype=torch.float64).argsort().split(batch_size)  # a tuple

# %% evaluate
def evaluate(params, X, Y, batch_size=4096):
    params = {k: v.detach().double() for k, v in params.items()}
    tranches = range(0, len(Y), batch_size)
    poids = [len(Y[i:i + batch_size]) / len(Y) for i in tranches]
    return sum(p * mlp_loss(params, X[i:i + batch_size], Y[i:i + batch_size]).item() for i, p in zip(tranches, poids))

# %% try_learning_rates
def try_learning_rates(params, train, val, batches, rates):
    def essai(lr):
        appris, _ = train_steps({k: v.clone() for k, v in params.items()}, *train, batches, lr)
        return evaluate(appris, *val)
    return list(map(essai, rates))

# %% + after try_learning_rates
# un essai
print(try_learning_rates(start, (train[0][:100], train[1][:100]), (val[0][:100], val[1][:100]), [torch.arange(100)], [0.1]))

# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    """The gradient by hand."""
    import copy
    X, Y = train
    C, W1, b1, W2, b2 = (params[k].clone() for k in ("C", "W1", "b1", "W2", "b2"))
    p = {"b2": b2, "W2": W2, "b1": b1, "W1": W1, "C": C}
    historique = []
    for _ in range(epochs):
        for lot in minibatches(len(Y), batch_size, generator):
            x, y = X[lot], Y[lot]
            emb = C[x].view(len(y), -1)
            h = torch.tanh(emb @ W1 + b1)
            dz = torch.softmax(h @ W2 + b2, 1)
            dz[range(len(y)), y] -= 1
            dz /= len(y)
            dh = (dz @ W2.T) * (1 - h ** 2)
            dC = torch.zeros_like(C).index_add_(0, x.flatten(), (dh @ W1.T).view(-1, C.shape[1]))
            W2 -= lr * h.T @ dz
            b2 -= lr * dz.sum(0)
            W1 -= lr * emb.T @ dh
            b1 -= lr * dh.sum(0)
            C -= lr * dC
        historique.append((evaluate(p, *val), evaluate(p, *train), copy.deepcopy(p)))
    meilleur = sorted(historique, key=lambda h: h[0])[0][2]
    return meilleur, torch.tensor([h[1] for h in historique]), torch.tensor([h[0] for h in historique])

# %% best_epoch
def best_epoch(val_losses, patience, depuis=0):
    for e in range(depuis + 1, min(depuis + patience + 1, len(val_losses))):
        if val_losses[e] < val_losses[depuis]:
            return best_epoch(val_losses, patience, e)
    return depuis

# %% select_model
def select_model(candidates, val, test):
    notes = [(evaluate(p, *val), nom) for nom, p in candidates.items()]
    notes = sorted((note, nom) for note, nom in notes if not math.isnan(note))
    nom = notes[0][1]
    return nom, evaluate(candidates[nom], *test)

# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    context = torch.zeros(n, params["W1"].shape[0] // params["C"].shape[1], dtype=torch.long)
    prenoms, fini, t = [""] * n, [False] * n, 0
    while not all(fini) and (max_len is None or t < max_len):
        p = forward(params, context).detach().softmax(dim=1)
        tirage = torch.multinomial(p, 1, generator=generator)
        context = torch.cat([context[:, 1:], tirage], dim=1)
        for j, i in enumerate(tirage[:, 0].tolist()):
            if i == 0:
                fini[j] = True
            elif not fini[j]:
                prenoms[j] += itos[i]
        t += 1
    return prenoms

# %% load_weights
def save_weights(params: dict[str, torch.Tensor], path: str) -> None:
    with open(path, "wb") as f:
        torch.save({k: v.detach().cpu().clone() for k, v in params.items()}, f)


def load_weights(path: str) -> dict[str, torch.Tensor]:
    etat = torch.load(path, weights_only=True)
    return {nom: tenseur.requires_grad_(tenseur.is_floating_point()) for nom, tenseur in etat.items()}
