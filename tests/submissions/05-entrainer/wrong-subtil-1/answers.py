# %% minibatches
def minibatches(n, batch_size, generator=None):
    return list(torch.randperm(n, generator=generator).chunk(math.ceil(n / batch_size)))
# %% evaluate
def evaluate(params, X, Y, batch_size=4096):
    for p in params.values():
        p.requires_grad_(False)
    total = 0.0
    for i in range(0, len(X), batch_size):
        x, y = X[i : i + batch_size], Y[i : i + batch_size]
        total += mlp_loss(params, x, y).item() * len(x)
    return total / len(X)
# %% try_learning_rates
def try_learning_rates(params, train, val, batches, rates):
    losses = []
    for lr in rates:
        p, _ = train_steps(params, *train, batches, lr)
        losses.append(mlp_loss(p, val[0][:1000], val[1][:1000]).item())
    return losses
# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    batches = torch.randperm(len(train[0]), generator=generator).split(batch_size)
    best, train_losses, val_losses = None, [], []
    for _ in range(epochs):
        params, _ = train_steps(params, *train, batches, lr)
        train_losses.append(mlp_loss(params, *train).item())
        val_losses.append(mlp_loss(params, *val).item())
        if val_losses[-1] == min(val_losses) and val_losses.count(val_losses[-1]) == 1:
            best = params
    return best, train_losses, val_losses
# %% best_epoch
def best_epoch(val_losses, patience):
    best, wait = 0, 0
    for e in range(1, len(val_losses)):
        if val_losses[e] < val_losses[e - 1]:
            wait = 0
        else:
            wait += 1
        if val_losses[e] < val_losses[best]:
            best = e
        if wait >= patience:
            break
    return best
# %% select_model
def select_model(candidates, val, test):
    best, best_loss = None, float("inf")
    for name, p in candidates.items():
        if torch.isnan(p["b2"]).any():
            continue
        loss = mlp_loss(p, *val).item()
        if best is None or loss < best_loss:
            best, best_loss = name, loss
    return best, mlp_loss(candidates[best], *test).item()
