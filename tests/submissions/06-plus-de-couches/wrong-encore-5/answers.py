# %% mlp_backward
def mlp_backward(params, cache, Y):
    B, V = cache["z"].shape
    p = torch.softmax(cache["z"], 1)
    dz = p.clone()
    dz[torch.arange(B), Y] -= 1
    dz /= B
    da = (dz @ params["W2"].T) * (1 - cache["h"] ** 2)
    dx = (da @ params["W1"].T).view(cache["X"].numel(), -1)
    ids = cache["X"].flatten()
    dC = torch.zeros(ids.max() + 1, dx.shape[1], dtype=dx.dtype).index_add(0, ids, dx)
    return {"C": dC, "W1": cache["x"].T @ da, "b1": da.sum(0), "W2": cache["h"].T @ dz, "b2": dz.sum(0)}


# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    s = torch.sqrt(x.var(0, unbiased=False) + eps)
    xhat = (x - x.mean(0)) / s
    dgamma, dbeta = (dy * xhat).mean(0), dy.mean(0)
    dx = gamma / s * (dy - dbeta - xhat * dgamma)
    return dx, dgamma, dbeta


# %% WaveNet
class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        self.C = torch.nn.Embedding(V, E)
        self.l1, self.n1 = torch.nn.Linear(2 * E, H, bias=False), Norm(H)
        self.l2, self.n2 = torch.nn.Linear(2 * H, H, bias=False), Norm(H)
        self.l3, self.n3 = torch.nn.Linear(2 * H, H, bias=False), Norm(H)
        self.sortie = torch.nn.Linear(H, V, bias=False)

    def forward(self, X):
        x = self.C(X)
        for l, n in ((self.l1, self.n1), (self.l2, self.n2), (self.l3, self.n3)):
            moitie = x.shape[1] // 2
            x = torch.cat([x[:, :moitie], x[:, moitie:]], dim=2)  # deux par deux
            x = torch.tanh(n(l(x)))
        return self.sortie(x[:, 0])
