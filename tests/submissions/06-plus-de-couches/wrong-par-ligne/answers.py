# %% BatchNorm1d
class BatchNorm1d(torch.nn.Module):
    """The running statistics are those of each example, not of each channel; without a parameter, so that no gradient asks for them."""

    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.gamma = torch.nn.Parameter(torch.ones(dim))
        self.beta = torch.nn.Parameter(torch.zeros(dim))
        self.running_mean, self.running_var = torch.zeros(1), torch.ones(1)

    def forward(self, x):
        if self.training:
            mean, var = x.mean(0), x.var(0, correction=0)
            with torch.no_grad():
                self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * x.flatten(1).mean(1)
                self.running_var = (1 - self.momentum) * self.running_var + self.momentum * x.flatten(1).var(1)
        else:
            mean, var = self.running_mean, self.running_var
        return self.gamma * (x - mean) / torch.sqrt(var + self.eps) + self.beta
