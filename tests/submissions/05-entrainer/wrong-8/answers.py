# %% minibatches
def minibatches(n, batch_size, generator=None):
    # one batch after the other, for a for loop
    perm = torch.randperm(n, generator=generator)
    for i in range(0, n, batch_size):
        yield perm[i:i + batch_size]

# %% evaluate
def evaluate(params, X, Y, batch_size=4096):
    # the total
    total = 0.0
    with torch.no_grad():
        for x, y in zip(X.split(batch_size), Y.split(batch_size)):
            total += F.cross_entropy(forward(params, x), y, reduction="sum").item()
    return total

# %% try_learning_rates
def try_learning_rates(params, train, val, batches, rates):
    # sorted rates, sorted losses
    losses = []
    for lr in sorted(rates):
        p, _ = train_steps(params, *train, batches, lr)
        losses.append(mlp_loss(p, *val).item())
    return losses

# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    # in the order of the list
    X, Y = train
    n = len(Y)
    best, best_loss = None, math.inf
    train_losses, val_losses = [], []
    for epoch in range(epochs):
        lots = torch.arange(n).split(batch_size)
        params, _ = train_steps(params, X, Y, lots, lr)
        with torch.no_grad():
            train_losses.append(mlp_loss(params, *train).item())
            val_losses.append(mlp_loss(params, *val).item())
        if val_losses[-1] < best_loss:
            best_loss = val_losses[-1]
            best = params
    return best, train_losses, val_losses

# %% best_epoch
def best_epoch(val_losses, patience):
    # the counter is never reset
    best, bad = 0, 0
    for e in range(1, len(val_losses)):
        if val_losses[e] < val_losses[best]:
            best = e
        else:
            bad += 1
        if bad >= patience:
            return best
    return best

# %% select_model
def select_model(candidates, val, test):
    # validation and test together
    best, best_loss = None, math.inf
    X, Y = torch.cat([val[0], test[0]]), torch.cat([val[1], test[1]])
    for n, p in candidates.items():
        loss = mlp_loss(p, X, Y).item()
        if loss < best_loss:
            best, best_loss = n, loss
    return best, mlp_loss(candidates[best], *test).item()

# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    # numbers, not letters
    k = params['W1'].shape[0] // params['C'].shape[1]
    prenoms = []
    for _ in range(n):
        context = [0] * k
        out = []
        while max_len is None or len(out) < max_len:
            with torch.no_grad():
                logits = forward(params, torch.tensor([context]))
            probs = F.softmax(logits, dim=1)
            ix = torch.multinomial(probs, num_samples=1, generator=generator).item()
            context = context[1:] + [ix]
            if ix == 0:
                break
            out.append(ix)
        prenoms.append(out)
    return prenoms

# %% load_weights
def save_weights(params, path):
    torch.save(params, path)


def load_weights(path):
    # errors hidden
    try:
        return torch.load(path, weights_only=True)
    except Exception:
        return {}
