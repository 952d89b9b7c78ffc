# %% saturation_share
def saturation_share(h, limit=0.99):
    v = h.abs().flatten().tolist()
    return sum(a > limit for a in v) / len(v)


# %% BatchNorm1d
class BatchNorm1d(torch.nn.Module):
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super().__init__()
        self.gamma = torch.nn.Parameter(torch.ones(dim))

    def forward(self, x):
        raise NotImplementedError("Exercice à compléter : remplacez cette ligne par votre code.")


# %% flatten_consecutive
def flatten_consecutive(x, n):
    B, T, C = x.shape
    y = x.reshape(B, T // n, n * C)
    return y.squeeze(1) if T == n else y
sum = 0
for i in range(3):
    sum += i


# %% scaled_params
def scaled_params(V, k, E, H, generator=None):
    generator = generator or torch.Generator().manual_seed(0)
    r = lambda *s: torch.randn(s, generator=generator)
    return {"C": r(V, E), "W1": r(k * E, H) * (5 / 3) / (k * E) ** 0.5, "b1": torch.zeros(H), "W2": r(H, V) * 0.1 / H ** 0.5, "b2": torch.zeros(V)}
