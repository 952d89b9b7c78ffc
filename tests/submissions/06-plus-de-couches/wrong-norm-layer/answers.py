# %% BatchNorm1d
class BatchNorm1d(torch.nn.BatchNorm1d):
    def __init__(self, dim, eps=1e-5, momentum=0.1):
        super().__init__(dim, eps=eps, momentum=momentum)

    @property
    def gamma(self):
        return self.weight

    @property
    def beta(self):
        return self.bias

    def forward(self, x):
        return super().forward(x.flatten(0, -2)).view_as(x)
