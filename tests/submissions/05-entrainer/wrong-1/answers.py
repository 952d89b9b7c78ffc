# %% minibatches
def minibatches(n, batch_size, generator=None):
    # in the order of the list
    return list(torch.arange(n).split(batch_size))

# %% evaluate
@torch.no_grad()
def evaluate(params, X, Y, batch_size=4096):
    # mean of the means
    pertes = []
    for i in range(0, len(X), batch_size):
        pertes.append(mlp_loss(params, X[i:i + batch_size], Y[i:i + batch_size]).item())
    return sum(pertes) / len(pertes)

# %% try_learning_rates
def try_learning_rates(params, train, val, batches, rates):
    # each trial goes on from the one before
    losses = []
    for lr in rates:
        params, _ = train_steps(params, train[0], train[1], batches, lr)
        losses.append(mlp_loss(params, *val).item())
    return losses

# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    # the last weights
    X, Y = train
    n = len(Y)
    best, best_loss = None, math.inf
    train_losses, val_losses = [], []
    for epoch in range(epochs):
        lots = torch.randperm(n, generator=generator).split(batch_size)
        params, _ = train_steps(params, X, Y, lots, lr)
        with torch.no_grad():
            train_losses.append(mlp_loss(params, *train).item())
            val_losses.append(mlp_loss(params, *val).item())
        best = params
    return best, train_losses, val_losses

# %% best_epoch
def best_epoch(val_losses, patience):
    # the whole curve
    return val_losses.index(min(val_losses))

# %% select_model
def select_model(candidates, val, test):
    # chosen by the test
    losses = {}
    for nom, p in candidates.items():
        losses[nom] = mlp_loss(p, *test).item()
    best = min(losses, key=losses.get)
    return best, losses[best]

# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    # the most probable
    k = params['W1'].shape[0] // params['C'].shape[1]
    prenoms = []
    for _ in range(n):
        context = [0] * k
        out = []
        while max_len is None or len(out) < max_len:
            with torch.no_grad():
                logits = forward(params, torch.tensor([context]))
            probs = F.softmax(logits, dim=1)
            ix = probs.argmax(dim=1).item()
            context = context[1:] + [ix]
            if ix == 0:
                break
            out.append(itos[ix])
        prenoms.append(''.join(out))
    return prenoms

# %% load_weights
def save_weights(params, path):
    torch.save(params, path)


def load_weights(path):
    # anything goes
    return torch.load(path, weights_only=False)
