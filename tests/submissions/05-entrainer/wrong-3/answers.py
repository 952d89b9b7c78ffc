# %% minibatches
def minibatches(n, batch_size, generator=None):
    # drawn with replacement, as in many tutorials
    nb = math.ceil(n / batch_size)
    return [torch.randint(0, n, (batch_size,), generator=generator) for _ in range(nb)]

# %% evaluate
def evaluate(params, X, Y, batch_size=4096):
    # return inside the loop
    total, n = 0.0, 0
    with torch.no_grad():
        for i in range(0, len(X), batch_size):
            x, y = X[i:i + batch_size], Y[i:i + batch_size]
            total += mlp_loss(params, x, y).item() * len(y)
            n += len(y)
            return total / n

# %% try_learning_rates
def try_learning_rates(params, train, val, batches, rates):
    # the loss of the last batch
    return [train_steps(params, *train, batches, lr)[1][-1] for lr in rates]

# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    # learns from everything at hand
    X, Y = train
    n = len(Y)
    X, Y = torch.cat([train[0], val[0]]), torch.cat([train[1], val[1]])
    n = len(Y)
    best, best_loss = None, math.inf
    train_losses, val_losses = [], []
    for epoch in range(epochs):
        lots = torch.randperm(n, generator=generator).split(batch_size)
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
    # compared with the epoch before
    best, bad = 0, 0
    for e in range(1, len(val_losses)):
        if val_losses[e] < val_losses[e - 1]:
            bad = 0
        else:
            bad += 1
        if val_losses[e] < val_losses[best]:
            best = e
        if bad >= patience:
            break
    return best

# %% select_model
def select_model(candidates, val, test):
    # nan not seen
    best = min(candidates, key=lambda nom: mlp_loss(candidates[nom], *val).item())
    return best, mlp_loss(candidates[best], *test).item()

# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    # the newest on the left
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
            context = [ix] + context[:-1]
            if ix == 0:
                break
            out.append(itos[ix])
        prenoms.append(''.join(out))
    return prenoms

# %% load_weights
def save_weights(params, path):
    # the tensors without their names
    torch.save([params[k] for k in params], path)


def load_weights(path):
    return torch.load(path, weights_only=True)
