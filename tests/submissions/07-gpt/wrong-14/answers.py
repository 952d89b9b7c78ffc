# %% Block
class Block(torch.nn.Module):
    def __init__(self, d, n_heads):
        super().__init__()
        self.n_heads = n_heads
        self.ln1 = torch.nn.LayerNorm(d)
        self.ln2 = torch.nn.LayerNorm(d)
        self.qkv = torch.nn.Linear(d, 3 * d, bias=False)
        self.proj = torch.nn.Linear(d, d)
        self.up = torch.nn.Linear(d, 4 * d)
        self.down = torch.nn.Linear(4 * d, d)

    def attention(self, x):
        B, T, d = x.shape
        q, k, v = (a.reshape(B, T, self.n_heads, -1).transpose(1, 2) for a in self.qkv(x).chunk(3, dim=-1))
        y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.proj(y.transpose(1, 2).reshape(B, T, d))

    def forward(self, x):
        x = x + self.attention(self.ln1(x))
        x = self.ln2(x)
        return x + self.down(torch.nn.functional.gelu(self.up(x)))

# %% multi_head_attention
def multi_head_attention(q, k, v, n_heads):
    return torch.full(q.shape, float("nan"))
