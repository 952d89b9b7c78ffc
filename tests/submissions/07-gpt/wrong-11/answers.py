# %% causal_attention
def causal_attention(q, k, v):
    T, d = q.shape[-2:]
    scores = q @ k.mT / math.sqrt(d)
    return scores.tril() @ v

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
        a = self.attention(self.ln1(x))
        b = self.down(torch.nn.functional.gelu(self.up(self.ln2(x))))
        return x + a + b

# %% GPT
class GPT(torch.nn.Module):
    def __init__(self, V, block_size, d=32, n_layers=2, n_heads=4):
        super().__init__()
        self.tok = torch.nn.Embedding(V, d)
        self.pos = torch.nn.Embedding(block_size, d)
        self.blocks = torch.nn.ModuleList([TorchBlock(d, n_heads) for _ in range(n_layers)])
        self.norm = torch.nn.LayerNorm(d)
        self.head = torch.nn.Linear(d, V)

    def forward(self, ids):
        x = self.tok(ids) + self.pos(torch.arange(ids.shape[1]))
        x = torch.nn.functional.dropout(x, 0.1)
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x))

# %% next_token_probabilities
def next_token_probabilities(logits, temperature=1.0, top_k=None):
    z = logits / temperature
    if top_k is not None:
        meilleurs = z.topk(min(top_k, z.shape[-1])).indices[0]
        cache = torch.full_like(z, float("-inf"))
        cache[:, meilleurs] = 0.0
        z = z + cache
    return torch.softmax(z, dim=-1)

# %% generate
def generate(model, n, block_size, choose=None, generator=None, max_len=30):
    model.eval()
    ids = torch.zeros((n, 1), dtype=torch.int64)
    with torch.no_grad():
        while ids.shape[1] < max_len + 2:  # avec les deux points
            z = model(ids[:, -block_size:])[:, -1]
            p = z.softmax(-1) if choose is None else choose(z)
            ids = torch.cat([ids, torch.multinomial(p, 1, generator=generator)], dim=1)
    rows = []
    for row in ids[:, 1:].tolist():
        rows.append(row[: row.index(0)] if 0 in row else row)
    return rows
