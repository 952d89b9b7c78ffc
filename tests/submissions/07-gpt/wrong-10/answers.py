# %% causal_attention
def causal_attention(q, k, v):
    T, d = q.shape[-2:]
    scores = torch.einsum("...td,...sd->...ts", k, q) / d ** 0.5
    scores = scores + torch.full((T, T), -torch.inf).triu(1)
    return torch.einsum("...ts,...sd->...td", scores.softmax(-1), v)

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
        x = x + self.attention(x)
        return x + self.down(torch.nn.functional.gelu(self.up(x)))

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
        x = self.tok(ids)
        for block in self.blocks:
            x = block(x)
        x = x + self.pos(torch.arange(ids.shape[1]))
        return self.head(self.norm(x))

# %% gpt_loss
def gpt_loss(logits, targets):
    compte = targets != -100
    e = logits[compte].exp()
    p = e / e.sum(dim=-1, keepdim=True)
    return -p[torch.arange(len(p)), targets[compte]].log().mean()

# %% next_token_probabilities
def next_token_probabilities(logits, temperature=1.0, top_k=None):
    e = torch.exp(logits / temperature)
    if top_k is not None:
        seuil = e.topk(min(top_k, e.shape[-1])).values[:, -1:]
        e = e * (e >= seuil)
    return e / e.sum(dim=-1, keepdim=True)

# %% generate
def generate(model, n, block_size, choose=None, generator=None, max_len=30):
    model.eval()
    ids = torch.zeros((n, 1), dtype=torch.int64)
    generator = torch.Generator().manual_seed(2026)
    with torch.no_grad():
        for _ in range(max_len):
            z = model(ids[:, -block_size:])[:, -1]
            p = z.softmax(-1) if choose is None else choose(z)
            ids = torch.cat([ids, torch.multinomial(p, 1, generator=generator)], dim=1)
    rows = []
    for row in ids[:, 1:].tolist():
        rows.append(row[: row.index(0)] if 0 in row else row)
    return rows
