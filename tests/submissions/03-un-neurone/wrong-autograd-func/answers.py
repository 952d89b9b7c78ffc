# %% grad_logits
def grad_logits(z, y):
    return torch.func.jacfwd(lambda scores: F.cross_entropy(scores, y))(z)

# %% bigram_gradient
def bigram_gradient(W, X, Y):
    return torch.func.grad(lambda poids: F.cross_entropy(F.embedding(X, poids), Y))(W)
