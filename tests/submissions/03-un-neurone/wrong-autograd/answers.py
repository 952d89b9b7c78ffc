# %% grad_logits
def grad_logits(z, y):
    z = z.detach().clone().requires_grad_()
    F.cross_entropy(z, y).backward()
    return z.grad

# %% bigram_gradient
from torch.autograd import grad

def bigram_gradient(W, X, Y):
    W = W.clone().requires_grad_(True)
    return grad(F.cross_entropy(W[X], Y), W)[0]
