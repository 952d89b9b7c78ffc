# %% minibatches
def minibatches(n, batch_size, generator=None):
    # a seed fixed inside
    g = torch.Generator().manual_seed(2147483647)
    ix = torch.randperm(n, generator=g)
    return [ix[i:i + batch_size] for i in range(0, n, batch_size)]

# %% evaluate
def evaluate(params, X, Y, batch_size=4096):
    # whole slices only
    nb = len(X) // batch_size
    total = 0.0
    with torch.no_grad():
        for k in range(nb):
            part = slice(k * batch_size, (k + 1) * batch_size)
            total += mlp_loss(params, X[part], Y[part]).item()
    return total / nb

# %% try_learning_rates
def try_learning_rates(params, train, val, batches, rates):
    # the best rate only
    best, best_lr = math.inf, None
    for lr in rates:
        p, _ = train_steps(params, *train, batches, lr)
        loss = mlp_loss(p, *val).item()
        if loss < best:
            best, best_lr = loss, lr
    return best_lr

# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    # C is forgotten
    X, Y = train
    n = len(Y)
    params = {k: v.detach().clone() for k, v in params.items()}
    learned = [params[k] for k in ("W1", "b1", "W2", "b2")]
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
    # one epoch too patient
    best, bad = 0, 0
    for e, loss in enumerate(val_losses):
        if loss < val_losses[best]:
            best, bad = e, 0
        elif e > 0:
            bad += 1
        if bad > patience:
            break
    return best

# %% select_model
def select_model(candidates, val, test):
    # in the wrong order
    ranking = sorted((mlp_loss(p, *val).item(), nom) for nom, p in candidates.items())
    nom = ranking[0][1]
    return mlp_loss(candidates[nom], *test).item(), nom

# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    # the end mark stays
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
            out.append(itos[ix])
            if ix == 0:
                break
        prenoms.append(''.join(out))
    return prenoms

# %% load_weights
def save_weights(params, path):
    torch.save(params, path)


def load_weights(path):
    # all made float32
    return {k: v.float() for k, v in torch.load(path, weights_only=True).items()}
