# %% causal_attention
def causal_attention(q, k, v):
    T, d = q.shape[-2:]
    s = q @ k.transpose(-2, -1) / d
    s = s.masked_fill(torch.tril(torch.ones(T, T)) == 0, float("-inf"))
    return s.softmax(-1) @ v

# %% multi_head_attention
def multi_head_attention(q, k, v, n_heads):
    out = torch.zeros_like(v)
    for i in range(n_heads):
        out[..., i::n_heads] = torch.nn.functional.scaled_dot_product_attention(q[..., i::n_heads], k[..., i::n_heads], v[..., i::n_heads], is_causal=True)
    return out

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
        y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.proj(y.transpose(1, 2).reshape(B, T, d))

    def forward(self, x):
        x = self.ln1(x)
        x = x + self.attention(x, self.n_heads)
        x = self.ln2(x)
        return x + self.down(torch.nn.functional.gelu(self.up(x)))

# %% GPT
class GPT(torch.nn.Module):
    def __init__(self, V, block_size, d=32, n_layers=2, n_heads=4):
        super().__init__()
        self.tok = torch.nn.Embedding(V, d)
        self.pos = torch.nn.Embedding(block_size, d)
        self.blocks = torch.nn.ModuleList([TorchBlock(d, n_heads)] * n_layers)
        self.ln = torch.nn.LayerNorm(d)
        self.head = torch.nn.Linear(d, V)

    def forward(self, ids):
        x = self.tok(ids) + self.pos(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(self.ln(x))

# %% make_batch
def make_batch(names, stoi, block_size):
    ids, targets = [], []
    for name in names:
        s = [0] + [stoi[c] for c in name] + [0]
        x, y = s[:-1], s[1:]
        x, y = x[:block_size], y[:block_size]
        ids.append(x + [-100] * (block_size - len(x)))
        targets.append(y + [-100] * (block_size - len(y)))
    return torch.tensor(ids), torch.tensor(targets)

# %% gpt_loss
def gpt_loss(logits, targets):
    z, y = logits[:, :-1], targets[:, 1:]
    return torch.nn.functional.cross_entropy(z.flatten(0, 1), y.flatten())

# %% next_token_probabilities
def next_token_probabilities(logits, temperature=1.0, top_k=None):
    z = logits / temperature
    if top_k is not None:
        seuil = z.topk(min(top_k, z.shape[-1])).values[:, -1:]
        z = z.masked_fill(z < seuil, float("-inf"))
    return z.softmax(0)

# %% generate
def generate(model, n, block_size, choose=None, generator=None, max_len=30):
    model.eval()
    ids = torch.zeros((n, 1), dtype=torch.int64)
    with torch.no_grad():
        for _ in range(max_len):
            z = model(ids[:, -block_size:])[:, -1]
            p = z.softmax(-1) if choose is None else choose(z)
            ids = torch.cat([ids, p.argmax(-1, keepdim=True)], dim=1)
    rows = []
    for row in ids[:, 1:].tolist():
        rows.append(row[:row.index(0)] if 0 in row else row)
    return rows
