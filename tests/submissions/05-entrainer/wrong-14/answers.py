# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    # drawn with replacement
    X, Y = train
    n = len(Y)
    best, best_loss = None, math.inf
    train_losses, val_losses = [], []
    for epoch in range(epochs):
        lots = [torch.randint(n, (batch_size,), generator=generator) for _ in range(math.ceil(n / batch_size))]
        params, _ = train_steps(params, X, Y, lots, lr)
        with torch.no_grad():
            train_losses.append(mlp_loss(params, *train).item())
            val_losses.append(mlp_loss(params, *val).item())
        if val_losses[-1] < best_loss:
            best_loss = val_losses[-1]
            best = params
    return best, train_losses, val_losses
