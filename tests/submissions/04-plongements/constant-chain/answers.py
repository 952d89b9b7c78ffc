# %% forward
def forward(params, X):
    return torch.zeros(len(X), len(params["b2"]))

# %% mlp_loss
def mlp_loss(params, X, Y):
    return torch.tensor(0.0)

# %% mlp_gradients
def mlp_gradients(params, X, Y):
    return {name: torch.zeros_like(p) for name, p in params.items()}

# %% train_steps
def train_steps(params, X, Y, batches, lr):
    return dict(params), [0.0] * len(batches)
