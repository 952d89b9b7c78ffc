# %% minibatches
def minibatches(n, batch_size, generator=None):
    numeros = list(range(n))
    random.shuffle(numeros)
    return [torch.tensor(numeros[i : i + batch_size]) for i in range(0, n, batch_size)]
# %% try_learning_rates
def try_learning_rates(params, train, val, batches, rates):
    losses = []
    for lr in rates:
        lots = random.sample(list(batches), len(batches))
        p, _ = train_steps(params, *train, lots, lr)
        losses.append(mlp_loss(p, *val).item())
    return losses
# %% best_epoch
def best_epoch(val_losses, patience):
    best, wait = 0, 0
    for e, loss in enumerate(val_losses):
        if loss < val_losses[best]:
            best = e
        elif e > 0:
            wait += 1
        if wait == patience:
            return best
    return best
# %% select_model
def select_model(candidates, val, test):
    notes = {}
    for name, p in candidates.items():
        loss = round(mlp_loss(p, *val).item(), 2)
        if not math.isnan(loss):
            notes[name] = loss
    best = min(notes, key=notes.get)
    return best, mlp_loss(candidates[best], *test).item()
# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    k = params["W1"].shape[0] // params["C"].shape[1]
    out = []
    while len(out) < n:
        context, name = [0] * k, ""
        while max_len is None or len(name) < max_len:
            p = torch.softmax(forward(params, torch.tensor([context])), 1)
            i = torch.multinomial(p, 1, generator=generator).item()
            if i == 0:
                break
            name += itos[i]
            context = context[1:] + [i]
        if name:
            out.append(name)
    return out
# %% load_weights
def load_weights(path):
    return torch.load(path, weights_only=True)

def save_weights(params, path):
    torch.save({k: params[k] for k in ("C", "W1", "b1", "W2", "b2") if k in params}, path)
