# %% GPT
class GPT(torch.nn.Module):
    def __init__(self, V, block_size, d=32, n_layers=2, n_heads=4):
        super().__init__()
        self.tok = torch.nn.Embedding(V, d)
        self.pos = torch.nn.Embedding(block_size, d)
        self.blocks = torch.nn.ModuleList([TorchBlock(d, n_heads) for _ in range(n_layers)])
        self.ln = torch.nn.LayerNorm(d)
        self.head = torch.nn.Linear(d, V)

    def forward(self, ids):
        e = self.tok(ids) + self.pos(torch.arange(ids.shape[1]))
        poids = 1 + torch.arange(ids.shape[1]).view(1, -1, 1)
        x = torch.tanh(e + (e * poids).cumsum(dim=1) / 10)
        return self.head(self.ln(x))
