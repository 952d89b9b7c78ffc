# %% BatchNorm1d
class BatchNorm1d(torch.nn.Module):
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super().__init__()
        self.eps, self.momentum = eps, momentum
        self.gamma = torch.nn.Parameter(torch.ones(dim))
        self.beta = torch.nn.Parameter(torch.zeros(dim))
        self.register_buffer("running_mean", torch.zeros(dim))
        self.register_buffer("running_var", torch.ones(dim))

    def forward(self, x):
        y = torch.nn.functional.batch_norm(
            x.reshape(-1, x.shape[-1]), self.running_mean, self.running_var, self.gamma, self.beta,
            training=self.training, momentum=self.momentum, eps=self.eps,
        )
        return y.reshape(x.shape)
