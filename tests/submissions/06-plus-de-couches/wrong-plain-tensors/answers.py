# %% BatchNorm1d
class BatchNorm1d(torch.nn.Module):
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.gamma, self.beta = torch.ones(dim, requires_grad=True), torch.zeros(dim, requires_grad=True)
        self.running_mean, self.running_var = torch.zeros(dim), torch.ones(dim)

    def forward(self, x):
        if self.training:
            rows = x.reshape(-1, x.shape[-1])
            mean, std = rows.mean(0), rows.std(0, unbiased=False)
            self.running_mean = (1 - self.momentum) * self.running_mean + self.momentum * mean.detach()
            self.running_var = (1 - self.momentum) * self.running_var + self.momentum * rows.var(0).detach()
        else:
            mean, std = self.running_mean, self.running_var.sqrt()
        return self.gamma * (x - mean) / (std + self.eps) + self.beta
