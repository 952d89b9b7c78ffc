# %% minibatches
def minibatches(n, batch_size, generator=None):
    # the examples that do not fill a batch are lost
    perm = torch.randperm(n, generator=generator)
    lots = []
    for i in range(n // batch_size):
        lots.append(perm[i * batch_size:(i + 1) * batch_size])
    return lots

# %% evaluate
def evaluate(params, X, Y, batch_size=4096):
    # a sum, never divided
    total = 0.0
    with torch.no_grad():
        for i in range(0, len(X), batch_size):
            total += mlp_loss(params, X[i:i + batch_size], Y[i:i + batch_size]).item()
    return total

# %% try_learning_rates
def try_learning_rates(params, train, val, batches, rates):
    # judged on what was learned
    losses = []
    for lr in rates:
        p, _ = train_steps(params, *train, batches, lr)
        losses.append(mlp_loss(p, *train).item())
    return losses

# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    # the best weights are kept, but not copied
    X, Y = train
    n = len(Y)
    params = {k: v.detach().clone().requires_grad_() for k, v in params.items()}
    best, best_loss = None, math.inf
    train_losses, val_losses = [], []
    for epoch in range(epochs):
        lots = torch.randperm(n, generator=generator).split(batch_size)
        for lot in lots:
            for p in params.values():
                p.grad = None
            mlp_loss(params, X[lot], Y[lot]).backward()
            with torch.no_grad():
                for p in params.values():
                    p -= lr * p.grad
        with torch.no_grad():
            train_losses.append(mlp_loss(params, *train).item())
            val_losses.append(mlp_loss(params, *val).item())
        if val_losses[-1] < best_loss:
            best_loss = val_losses[-1]
            best = params
    return best, train_losses, val_losses

# %% best_epoch
def best_epoch(val_losses, patience):
    # where one stops
    best, bad = val_losses[0], 0
    for epoch in range(1, len(val_losses)):
        if val_losses[epoch] < best:
            best, bad = val_losses[epoch], 0
        else:
            bad += 1
        if bad == patience:
            return epoch
    return len(val_losses) - 1

# %% select_model
def select_model(candidates, val, test):
    # reports the loss that chose
    losses = {nom: mlp_loss(p, *val).item() for nom, p in candidates.items()}
    best = min(losses, key=losses.get)
    return best, losses[best]

# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    # the context stays
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
            if ix == 0:
                break
            out.append(itos[ix])
        prenoms.append(''.join(out))
    return prenoms

# %% load_weights
import pickle


def save_weights(params, path):
    with open(path, "wb") as f:
        pickle.dump(params, f)


def load_weights(path):
    with open(path, "rb") as f:
        return pickle.load(f)
