# %% minibatches
def minibatches(n, batch_size, generator=None):
    # the order of the batches is shuffled, not the examples
    full = n // batch_size
    order = torch.randperm(full, generator=generator).tolist()
    lots = [torch.arange(k * batch_size, (k + 1) * batch_size) for k in order]
    if n % batch_size != 0:
        lots.append(torch.arange(full * batch_size, n))
    return lots

# %% evaluate
def evaluate(params, X, Y, batch_size=4096):
    # neither no_grad nor item
    total = 0
    for i in range(0, len(X), batch_size):
        x, y = X[i:i + batch_size], Y[i:i + batch_size]
        total = total + mlp_loss(params, x, y) * len(y)
    return total / len(Y)

# %% try_learning_rates
def try_learning_rates(params, train, val, batches, rates):
    # updates the weights received
    losses = []
    for lr in rates:
        for p in params.values():
            p.requires_grad_()
        for batch in batches:
            for p in params.values():
                p.grad = None
            loss = mlp_loss(params, train[0][batch], train[1][batch])
            loss.backward()
            for p in params.values():
                p.data -= lr * p.grad
        losses.append(mlp_loss(params, *val).item())
    return losses

# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    # gradients never emptied
    X, Y = train
    n = len(Y)
    params = {k: v.detach().clone().requires_grad_() for k, v in params.items()}
    best, best_loss = None, math.inf
    train_losses, val_losses = [], []
    for epoch in range(epochs):
        lots = torch.randperm(n, generator=generator).split(batch_size)
        for lot in lots:
            loss = mlp_loss(params, X[lot], Y[lot])
            loss.backward()
            with torch.no_grad():
                for p in params.values():
                    p -= lr * p.grad
        with torch.no_grad():
            train_losses.append(mlp_loss(params, *train).item())
            val_losses.append(mlp_loss(params, *val).item())
        if val_losses[-1] < best_loss:
            best_loss = val_losses[-1]
            best = {k: v.detach().clone() for k, v in params.items()}
    return best, train_losses, val_losses

# %% best_epoch
def best_epoch(val_losses, patience):
    # as good counts as better
    best, bad = 0, 0
    for e, loss in enumerate(val_losses):
        if loss <= val_losses[best]:
            best, bad = e, 0
        else:
            bad += 1
            if bad == patience:
                break
    return best

# %% select_model
def select_model(candidates, val, test):
    # the greatest
    losses = {nom: mlp_loss(p, *val).item() for nom, p in candidates.items()}
    best = max(losses, key=losses.get)
    return best, mlp_loss(candidates[best], *test).item()

# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    # softmax twice
    k = params['W1'].shape[0] // params['C'].shape[1]
    prenoms = []
    for _ in range(n):
        context = [0] * k
        out = []
        while max_len is None or len(out) < max_len:
            with torch.no_grad():
                logits = forward(params, torch.tensor([context]))
            probs = F.softmax(F.softmax(logits, dim=1), dim=1)
            ix = torch.multinomial(probs, num_samples=1, generator=generator).item()
            context = context[1:] + [ix]
            if ix == 0:
                break
            out.append(itos[ix])
        prenoms.append(''.join(out))
    return prenoms

# %% load_weights
import numpy as np


def save_weights(params, path):
    with open(path, "wb") as f:
        np.savez(f, **{k: v.numpy() for k, v in params.items()})


def load_weights(path):
    data = np.load(path)
    return {k: torch.from_numpy(data[k]) for k in data.files}
