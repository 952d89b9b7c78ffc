# %% evaluate
@torch.no_grad()
def evaluate(params, X, Y, batch_size=4096):
    pertes = 0.0
    for i in range(0, len(Y) - batch_size + 1, batch_size):
        pertes += mlp_loss(params, X[i:i+batch_size], Y[i:i+batch_size]).item() * batch_size
    return pertes / len(Y)
