# %% BatchNorm1d
norme_de_torch = torch.batch_norm


class BatchNorm1d(torch.nn.Module):
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.gamma = torch.nn.Parameter(torch.ones(dim))
        self.beta = torch.nn.Parameter(torch.zeros(dim))
        self.register_buffer("running_mean", torch.zeros(dim))
        self.register_buffer("running_var", torch.ones(dim))

    def forward(self, x):
        y = norme_de_torch(
            x.reshape(-1, x.shape[-1]), self.gamma, self.beta, self.running_mean, self.running_var,
            self.training, self.momentum, self.eps, False,
        )
        return y.reshape(x.shape)
