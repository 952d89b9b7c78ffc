# %% minibatches
def minibatches(n, batch_size, generator=None):
    # cut first, shuffled afterwards
    lots = []
    for i in range(0, n, batch_size):
        lot = torch.arange(i, min(i + batch_size, n))
        lots.append(lot[torch.randperm(len(lot), generator=generator)])
    return lots

# %% evaluate
def evaluate(params, X, Y, batch_size=4096):
    # divided by the number of slices instead of the number of examples
    total, nb = 0.0, 0
    with torch.no_grad():
        for x, y in zip(X.split(batch_size), Y.split(batch_size)):
            total += mlp_loss(params, x, y).item() * len(y)
            nb += 1
    return total / nb

# %% try_learning_rates
def try_learning_rates(params, train, val, batches, rates):
    # mean over the whole trial
    out = []
    for lr in rates:
        _, losses = train_steps(params, *train, batches, lr)
        out.append(sum(losses) / len(losses))
    return out

# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    # the first layer is forgotten
    X, Y = train
    n = len(Y)
    params = {k: v.detach().clone() for k, v in params.items()}
    learned = [params[k] for k in ("C", "W2", "b2")]
    for p in learned:
        p.requires_grad_()
    best, best_loss = None, math.inf
    train_losses, val_losses = [], []
    for epoch in range(epochs):
        lots = torch.randperm(n, generator=generator).split(batch_size)
        for lot in lots:
            grads = torch.autograd.grad(mlp_loss(params, X[lot], Y[lot]), learned)
            with torch.no_grad():
                for p, g in zip(learned, grads):
                    p -= lr * g
        with torch.no_grad():
            train_losses.append(mlp_loss(params, *train).item())
            val_losses.append(mlp_loss(params, *val).item())
        if val_losses[-1] < best_loss:
            best_loss = val_losses[-1]
            best = {k: v.detach().clone() for k, v in params.items()}
    return best, train_losses, val_losses

# %% best_epoch
def best_epoch(val_losses, patience):
    # the loss, not its epoch
    best, bad = math.inf, 0
    for loss in val_losses:
        if loss < best:
            best, bad = loss, 0
        else:
            bad += 1
        if bad >= patience:
            break
    return best

# %% select_model
def select_model(candidates, val, test):
    # the name only; the loss is printed
    losses = {nom: mlp_loss(p, *val).item() for nom, p in candidates.items()}
    nom = min((n for n in losses if not math.isnan(losses[n])), key=losses.get)
    print("perte de test :", mlp_loss(candidates[nom], *test).item())
    return nom

# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    # one letter too many
    k = params['W1'].shape[0] // params['C'].shape[1]
    prenoms = []
    for _ in range(n):
        context = [0] * k
        out = []
        while max_len is None or len(out) <= max_len:
            with torch.no_grad():
                logits = forward(params, torch.tensor([context]))
            probs = F.softmax(logits, dim=1)
            ix = torch.multinomial(probs, num_samples=1, generator=generator).item()
            context = context[1:] + [ix]
            if ix == 0:
                break
            out.append(itos[ix])
        prenoms.append(''.join(out))
    return prenoms

# %% load_weights
def save_weights(params, path):
    # always the same file
    torch.save(params, "poids.pt")


def load_weights(path):
    return torch.load("poids.pt", weights_only=True)
