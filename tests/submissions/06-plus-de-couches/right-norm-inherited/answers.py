# %% BatchNorm1d
class BatchNorm1d(torch.nn.BatchNorm1d):
    """Hérite de la couche de PyTorch pour les statistiques, mais fait tout le calcul."""

    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super().__init__(dim, eps, momentum, affine=False)
        self.gamma = torch.nn.Parameter(torch.ones(dim))
        self.beta = torch.nn.Parameter(torch.zeros(dim))

    def forward(self, x):
        axes = tuple(range(x.dim() - 1))
        moyenne, variance = self.running_mean, self.running_var
        if self.training:
            variance, moyenne = torch.var_mean(x, dim=axes, correction=0)
            n = x.numel() / x.shape[-1]
            for glissante, nouvelle in ((self.running_mean, moyenne), (self.running_var, variance * n / (n - 1))):
                glissante.data = (1 - self.momentum) * glissante.data + self.momentum * nouvelle.detach()
        return self.beta + self.gamma * (x - moyenne) * torch.rsqrt(variance + self.eps)

# %% + after BatchNorm1d
temoin, essai = torch.nn.BatchNorm1d(5), torch.randn(20, 5)
print(torch.allclose(temoin(essai), BatchNorm1d(5)(essai), atol=1e-6))
