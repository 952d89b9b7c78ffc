# %% minibatches
def minibatches(n, batch_size, generator=None):
    # batch_size batches
    return list(torch.randperm(n, generator=generator).chunk(batch_size))

# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    # batches drawn once, before the loop
    X, Y = train
    n = len(Y)
    best, best_loss = None, math.inf
    train_losses, val_losses = [], []
    lots = torch.randperm(n, generator=generator).split(batch_size)
    for epoch in range(epochs):
        params, _ = train_steps(params, X, Y, lots, lr)
        with torch.no_grad():
            train_losses.append(mlp_loss(params, *train).item())
            val_losses.append(mlp_loss(params, *val).item())
        if val_losses[-1] < best_loss:
            best_loss = val_losses[-1]
            best = params
    return best, train_losses, val_losses

# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    # the generator is forgotten
    k = params['W1'].shape[0] // params['C'].shape[1]
    prenoms = []
    for _ in range(n):
        context = [0] * k
        out = []
        while max_len is None or len(out) < max_len:
            with torch.no_grad():
                logits = forward(params, torch.tensor([context]))
            probs = F.softmax(logits, dim=1)
            ix = torch.multinomial(probs, num_samples=1).item()
            context = context[1:] + [ix]
            if ix == 0:
                break
            out.append(itos[ix])
        prenoms.append(''.join(out))
    return prenoms
