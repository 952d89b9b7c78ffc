# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    # measured before the steps of the epoch
    best, train_losses, val_losses = params, [], []
    for epoch in range(epochs):
        train_losses.append(evaluate(params, *train))
        val_losses.append(evaluate(params, *val))
        if val_losses[-1] == min(val_losses):
            best = params
        params, _ = train_steps(params, *train, minibatches(len(train[1]), batch_size, generator), lr)
    return best, train_losses, val_losses

# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    # only the last symbol in the context
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
            context = [0] * (k - 1) + [ix]
            if ix == 0:
                break
            out.append(itos[ix])
        prenoms.append(''.join(out))
    return prenoms
