# %% GPT
class GPT(torch.nn.Module):
    def __init__(self, V, block_size, d=32, n_layers=2, n_heads=4):
        super().__init__()
        self.C, self.P = torch.nn.Embedding(V, d), torch.nn.Embedding(block_size, d)
        self.blocks = torch.nn.ModuleList(TorchBlock(d, n_heads) for _ in range(n_layers))
        self.ln, self.out = torch.nn.LayerNorm(d), torch.nn.Linear(d, V)

    def forward(self, ids):
        T = ids.shape[1]
        x = self.C(ids) + self.P(torch.arange(T - 1, -1, -1))  # la dernière position porte toujours le numéro 0
        for b in self.blocks:
            x = b(x)
        return self.out(self.ln(x))


# %% gpt_loss
def gpt_loss(logits, targets):
    V = logits.shape[-1]
    return torch.nn.functional.cross_entropy(logits[:, :-1].reshape(-1, V), targets[:, :-1].reshape(-1))


# %% generate
def generate(model, n, block_size, choose=None, generator=None, max_len=30):
    model.eval()
    out = []
    with torch.no_grad():
        for _ in range(n):
            ids = [0]
            for _ in range(max_len):
                z = model(torch.tensor([ids[:block_size]]))[:, -1]
                p = choose(z) if choose else z.softmax(-1)
                s = torch.multinomial(p, 1, generator=generator).item()
                if s == 0:
                    break
                ids.append(s)
            out.append(ids[1:])
    return out
