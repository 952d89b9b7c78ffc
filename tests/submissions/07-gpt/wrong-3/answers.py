# %% causal_attention
def causal_attention(q, k, v):
    T = q.shape[-2]
    s = q @ k.transpose(-2, -1) / math.sqrt(q.shape[-1])
    s = s.masked_fill(torch.tril(torch.ones(T, T)) == 0, float("-inf"))
    return s.softmax(-2) @ v

# %% multi_head_attention
def multi_head_attention(q, k, v, n_heads):
    B, T, d = q.shape
    q, k, v = (x.reshape(B, T, n_heads, d // n_heads).transpose(1, 2) for x in (q, k, v))
    return torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True).reshape(B, T, d)

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

    def attention(self, x, n):
        B, T, d = x.shape
        q, k, v = (a.reshape(B, T, n, d // n).transpose(1, 2) for a in self.qkv(x).chunk(3, dim=-1))
        y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=False)
        return self.proj(y.transpose(1, 2).reshape(B, T, d))

    def forward(self, x):
        x = x + self.attention(self.ln1(x), self.n_heads)
        return x + self.down(torch.nn.functional.gelu(self.up(self.ln2(x))))

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
        x = self.tok(ids) + self.pos(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.ln(x)).softmax(-1)

# %% make_batch
def make_batch(names, stoi, block_size):
    ids, targets = [], []
    for name in names:
        s = [stoi[c] for c in name] + [0]
        x, y = s[:-1], s[1:]
        x, y = x[:block_size], y[:block_size]
        ids.append(x + [0] * (block_size - len(x)))
        targets.append(y + [-100] * (block_size - len(y)))
    return torch.tensor(ids), torch.tensor(targets)

# %% gpt_loss
def gpt_loss(logits, targets):
    return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")

# %% next_token_probabilities
def next_token_probabilities(logits, temperature=1.0, top_k=None):
    p = (logits / temperature).softmax(-1)
    if top_k is not None:
        seuil = p.topk(min(top_k, p.shape[-1])).values[:, -1:]
        p = torch.where(p >= seuil, p, 0)
    return p

# %% generate
def generate(model, n, block_size, choose=None, generator=None, max_len=30):
    model.train()
    ids = torch.zeros((n, 1), dtype=torch.int64)
    with torch.no_grad():
        for _ in range(max_len):
            z = model(ids[:, -block_size:])[:, -1]
            p = z.softmax(-1) if choose is None else choose(z)
            ids = torch.cat([ids, torch.multinomial(p, 1, generator=generator)], dim=1)
    rows = []
    for row in ids[:, 1:].tolist():
        rows.append(row[:row.index(0)] if 0 in row else row)
    return rows
