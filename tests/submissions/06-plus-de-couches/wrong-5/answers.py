# %% saturation_share
def saturation_share(h, limit=0.99):
    # neurons that are dead for all examples
    return (h.abs() > limit).all(dim=0).float().mean().item()

# %% kaiming_std
def kaiming_std(fan_in, gain=1.0):
    return gain / fan_in ** 0.5

# %% scaled_params
def scaled_params(V, k, E, H, generator=None):
    # rand for randn
    g = generator
    return {
        "C": torch.rand(V, E, generator=g),
        "W1": torch.rand(k * E, H, generator=g) * (5 / 3) / (k * E) ** 0.5,
        "b1": torch.zeros(H),
        "W2": torch.rand(H, V, generator=g) * 0.1 / H ** 0.5,
        "b2": torch.zeros(V),
    }

# %% BatchNorm1d
class BatchNorm1d(torch.nn.Module):
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps = eps
        self.momentum = momentum
        self.gamma = torch.nn.Parameter(torch.ones(dim))
        self.beta = torch.nn.Parameter(torch.zeros(dim))
        self.register_buffer("running_mean", torch.zeros(dim))
        self.register_buffer("running_var", torch.ones(dim))

    def forward(self, x):
        dims = tuple(range(x.ndim - 1))
        if self.training:
            mean = x.mean(dims)
            var = x.var(dims, unbiased=False)
            # computed, but never stored
            running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean
            running_var = (1 - self.momentum) * self.running_var + self.momentum * x.var(dims)
        else:
            mean, var = self.running_mean, self.running_var
        return self.gamma * (x - mean) / torch.sqrt(var + self.eps) + self.beta

# %% eval_nll
@torch.no_grad()
def eval_nll(model, X, Y, batch_size=1024):
    # the sum
    mode = model.training
    model.eval()
    total = 0.0
    for x, y in zip(X.split(batch_size), Y.split(batch_size)):
        total += torch.nn.functional.cross_entropy(model(x), y, reduction="sum").item()
    model.train(mode)
    return total

# %% mlp_backward
def mlp_backward(params, cache, Y):
    # lets PyTorch do it
    leaves = {name: p.clone().requires_grad_() for name, p in params.items()}
    z = torch.tanh(leaves["C"][cache["X"]].flatten(1) @ leaves["W1"] + leaves["b1"]) @ leaves["W2"] + leaves["b2"]
    torch.nn.functional.cross_entropy(z, Y).backward()
    return {name: p.grad for name, p in leaves.items()}

# %% batch_norm_backward
def batch_norm_backward(dy, x, gamma, eps=1e-5):
    # no sums
    s = torch.sqrt(x.var(0, unbiased=False) + eps)
    xhat = (x - x.mean(0)) / s
    dxhat = dy * gamma
    dx = (dxhat - dxhat.mean(0) - xhat * (dxhat * xhat).mean(0)) / s
    return dx, dy * xhat, dy

# %% flatten_consecutive
def flatten_consecutive(x, n):
    # transposed first
    B, T, C = x.shape
    y = x.transpose(1, 2).reshape(B, T // n, C * n)
    return y.squeeze(1) if y.shape[1] == 1 else y

# %% WaveNet
class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        self.emb = torch.nn.Embedding(V, E)
        self.l1 = torch.nn.Linear(E, H, bias=False)
        self.l2 = torch.nn.Linear(H, H, bias=False)
        self.l3 = torch.nn.Linear(H, H, bias=False)
        self.n1, self.n2, self.n3 = Norm(H), Norm(H), Norm(H)
        self.out = torch.nn.Linear(H, V)

    def forward(self, X):
        x = self.emb(X).mean(1)  # the mean of the eight embeddings
        x = torch.tanh(self.n1(self.l1(x)))
        x = torch.tanh(self.n2(self.l2(x)))
        x = torch.tanh(self.n3(self.l3(x)))
        return self.out(x)
