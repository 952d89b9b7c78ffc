# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    a, b = [], []
    best, m = params, mlp_loss(params, *val).item()
    for _ in range(epochs):
        params, l = train_steps(params, *train, torch.randperm(len(train[1]), generator=generator).split(batch_size), lr)
        a.append(mlp_loss(params, *train).item()); b.append(mlp_loss(params, *val).item())
        if b[-1] < m: best, m = params, b[-1]
    return best, a, b
# %% best_epoch
def best_epoch(val_losses, patience):
    best, wait = 0, 0
    for e in range(1, len(val_losses)):
        if round(val_losses[e], 2) < round(val_losses[best], 2):
            best, wait = e, 0
        else:
            wait += 1
        if wait == patience: break
    return best
# %% select_model
def select_model(candidates, val, test):
    v = {n: mlp_loss(p, *val).item() for n, p in candidates.items()}
    n = min(v, key=v.get)
    if math.isnan(v[n]):
        del v[n]
        n = min(v, key=v.get)
    return n, mlp_loss(candidates[n], *test).item()
# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    out = []
    k = params["W1"].shape[0] // params["C"].shape[1]
    for _ in range(n):
        ctx, name = [0] * k, ""
        while len(name) < (max_len or 25):
            p = forward(params, torch.tensor([ctx])).softmax(1)
            i = torch.multinomial(p, 1, generator=generator).item()
            if i == 0: break
            name += itos[i]; ctx = ctx[1:] + [i]
        out.append(name)
    return out
# %% load_weights
def save_weights(params, path):
    torch.save(params, path)

def load_weights(path):
    d = torch.load(path, weights_only=False)
    assert all(isinstance(v, torch.Tensor) for v in d.values())
    return d
