# %% minibatches
def minibatches(n, batch_size, generator=None):
    # the generator is forgotten
    perm = torch.randperm(n)
    return [perm[i:i + batch_size] for i in range(0, n, batch_size)]

# %% evaluate
def evaluate(params, X, Y, batch_size=4096):
    # one random batch, as during training
    ix = torch.randint(0, len(X), (batch_size,))
    with torch.no_grad():
        return mlp_loss(params, X[ix], Y[ix]).item()

# %% try_learning_rates
def try_learning_rates(params, train, val, batches, rates):
    # a copy of the dictionary, but not of the tensors
    losses = []
    for lr in rates:
        p = dict(params)
        for batch in batches:
            grads = torch.autograd.grad(mlp_loss({k: v.requires_grad_() for k, v in p.items()}, train[0][batch], train[1][batch]), list(p.values()))
            with torch.no_grad():
                for w, g in zip(p.values(), grads):
                    w -= lr * g
        losses.append(mlp_loss(p, *val).item())
    return losses

# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    # the same batch at each step of an epoch
    X, Y = train
    n = len(Y)
    best, best_loss = None, math.inf
    train_losses, val_losses = [], []
    for epoch in range(epochs):
        lots = torch.randperm(n, generator=generator).split(batch_size)
        params, _ = train_steps(params, X, Y, [lots[0] for _ in lots], lr)
        with torch.no_grad():
            train_losses.append(mlp_loss(params, *train).item())
            val_losses.append(mlp_loss(params, *val).item())
        if val_losses[-1] < best_loss:
            best_loss = val_losses[-1]
            best = params
    return best, train_losses, val_losses

# %% best_epoch
def best_epoch(val_losses, patience):
    # counted from 1
    best, best_e, bad, e = math.inf, 0, 0, 0
    for loss in val_losses:
        e += 1
        if loss < best:
            best, best_e, bad = loss, e, 0
        else:
            bad += 1
        if bad >= patience:
            break
    return best_e

# %% select_model
def select_model(candidates, val, test):
    # the smallest test loss of all
    v = {n: mlp_loss(p, *val).item() for n, p in candidates.items()}
    t = {n: mlp_loss(p, *test).item() for n, p in candidates.items()}
    ok = [n for n in v if not math.isnan(v[n])]
    return min(ok, key=v.get), min(t[n] for n in ok)

# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    # a seed of its own
    k = params['W1'].shape[0] // params['C'].shape[1]
    g = torch.Generator().manual_seed(2147483647 + 10)
    prenoms = []
    for _ in range(n):
        context = [0] * k
        out = []
        while max_len is None or len(out) < max_len:
            with torch.no_grad():
                logits = forward(params, torch.tensor([context]))
            probs = F.softmax(logits, dim=1)
            ix = torch.multinomial(probs, num_samples=1, generator=g).item()
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
    # no return
    params = torch.load(path, weights_only=True)
    print(params.keys())
