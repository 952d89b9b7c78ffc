# %% mlp_loss
def mlp_loss(params, X, Y):
    return F.cross_entropy(forward(params, X), Y, reduction="sum")
