# %% multi_head_attention
def multi_head_attention(q, k, v, n_heads):
    B = len(q)
    q, k, v = (torch.cat(a.split(a.shape[-1] // n_heads, dim=-1), dim=0) for a in (q, k, v))
    y = causal_attention(q, k, v)
    return torch.cat(y.split(B, dim=0), dim=-1)

# %% Block
class Block(torch.nn.Module):
    def __init__(self, d, n_heads, **options):
        super().__init__()
        self.n = n_heads
        self.ln1, self.ln2, self.qkv = torch.nn.LayerNorm(d), torch.nn.LayerNorm(d), torch.nn.Linear(d, 3 * d, False)
        self.proj, self.up, self.down = torch.nn.Linear(d, d), torch.nn.Linear(d, 4 * d), torch.nn.Linear(4 * d, d)
        self.mlp = torch.nn.Sequential(self.ln2, self.up, torch.nn.GELU(), self.down)

    def forward(self, x):
        q, k, v = torch.tensor_split(self.qkv(self.ln1(x)), 3, dim=-1)
        x = torch.add(x, self.proj(multi_head_attention(q, k, v, self.n)))
        return torch.add(x, self.mlp(x))

# %% GPT
class GPT(torch.nn.Module):
    def __init__(self, V, block_size, d=32, n_layers=2, n_heads=4):
        super().__init__()
        self.C = torch.nn.Parameter(torch.randn(V, d))
        self.P = torch.nn.Parameter(torch.randn(block_size, d))
        for i in range(n_layers):
            self.add_module(f"bloc{i}", Block(d, n_heads))
        self.n_layers = n_layers
        self.gain, self.biais = torch.nn.Parameter(torch.ones(d)), torch.nn.Parameter(torch.zeros(d))
        self.W, self.b = torch.nn.Parameter(torch.randn(d, V) / d**0.5), torch.nn.Parameter(torch.zeros(V))

    def forward(self, ids):
        x = self.C[ids.long()] + self.P[None, : ids.shape[1]]
        for i in range(self.n_layers):
            x = getattr(self, f"bloc{i}")(x)
        x = torch.nn.functional.layer_norm(x, x.shape[-1:], self.gain, self.biais)
        return x @ self.W + self.b
