# %% WaveNet
class Couche(torch.nn.Module):
    def __init__(self, entrees, sorties):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.randn(entrees, sorties) / entrees ** 0.5)

    def forward(self, x):
        return x @ self.weight


class WaveNet(torch.nn.Module):
    def __init__(self, V, E=24, H=128):
        super().__init__()
        self.C = torch.nn.Parameter(torch.randn(V, E))
        self.stages = torch.nn.ModuleList()
        for c in (E, H, H):
            self.stages.append(torch.nn.ModuleDict({"linear": Couche(2 * c, H), "norm": BatchNorm1d(H)}))
        self.out = torch.nn.Linear(H, V)

    def forward(self, X):
        x = self.C[X]
        for stage in self.stages:
            x = torch.tanh(stage["norm"](stage["linear"](flatten_consecutive(x, 2))))
        return self.out(x)
