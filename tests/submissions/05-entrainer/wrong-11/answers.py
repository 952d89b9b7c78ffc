# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    # an optimizer on the weights received
    for p in params.values():
        p.requires_grad_()
    optimizer = torch.optim.SGD(params.values(), lr=lr)
    best, train_losses, val_losses = None, [], []
    for epoch in range(epochs):
        for lot in minibatches(len(train[1]), batch_size, generator):
            optimizer.zero_grad()
            mlp_loss(params, train[0][lot], train[1][lot]).backward()
            optimizer.step()
        train_losses.append(evaluate(params, *train))
        val_losses.append(evaluate(params, *val))
        if val_losses[-1] == min(val_losses):
            best = params
    return best, train_losses, val_losses

# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    # a context of three, always
    k = 3
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
            if ix == 0:
                break
            out.append(itos[ix])
        prenoms.append(''.join(out))
    return prenoms
