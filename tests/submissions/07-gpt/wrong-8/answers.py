# %% causal_attention
def causal_attention(q, k, v):
    T, d = q.shape[-2:]
    scores = q @ k.transpose(-2, -1) / math.sqrt(d)
    masque = torch.tril(torch.ones(T, T), diagonal=-1).bool()
    scores[..., masque] = float("-inf")
    return torch.softmax(scores, dim=-1) @ v

# %% multi_head_attention
def multi_head_attention(q, k, v, n_heads):
    reponses = []
    for qi, ki in zip(q.chunk(n_heads, dim=-1), k.chunk(n_heads, dim=-1)):
        reponses.append(torch.nn.functional.scaled_dot_product_attention(qi, ki, v, is_causal=True))
    return torch.stack(reponses).mean(dim=0)

# %% Block
class Block(torch.nn.Module):
    def __init__(self, d, n_heads):
        super().__init__()
        self.n_heads = n_heads
        self.ln1 = torch.nn.LayerNorm(d)
        self.ln2 = torch.nn.LayerNorm(d)
        self.qkv = torch.nn.Linear(d, 3 * d)
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
        return x + self.down(torch.nn.functional.gelu(self.up(self.ln2(x))))

# %% GPT
class GPT(torch.nn.Module):
    def __init__(self, V, block_size, d=32, n_layers=2, n_heads=4):
        super().__init__()
        self.tok = torch.nn.Embedding(V, d)
        self.pos = torch.nn.Embedding(block_size, d)
        self.blocks = torch.nn.ModuleList([torch.nn.Sequential(torch.nn.LayerNorm(d), torch.nn.Linear(d, 4 * d), torch.nn.GELU(), torch.nn.Linear(4 * d, d)) for _ in range(n_layers)])
        self.norm = torch.nn.LayerNorm(d)
        self.head = torch.nn.Linear(d, V)

    def forward(self, ids):
        x = self.tok(ids) + self.pos(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = x + block(x)
        return self.head(self.norm(x))

# %% make_batch
def make_batch(names, stoi, block_size):
    ids, targets = [], []
    for name in names:
        s = [0, *(stoi[c] for c in name), 0]
        x, y = s[:-1][:block_size], s[1:][:block_size]
        vide = block_size - len(x)
        ids.append([0] * vide + x)
        targets.append([-100] * vide + y)
    return torch.tensor(ids), torch.tensor(targets)

# %% gpt_loss
def gpt_loss(logits, targets):
    compte = targets != -100
    logs = torch.log2(logits[compte].softmax(dim=-1))
    return -logs.gather(1, targets[compte].unsqueeze(1)).mean()

# %% next_token_probabilities
def next_token_probabilities(logits, temperature=1.0, top_k=None):
    z = logits
    if top_k is not None:
        seuil = z.topk(min(top_k, z.shape[-1])).values[:, -1:]
        z = z.masked_fill(z < seuil, float("-inf"))
    return z.softmax(dim=-1) / temperature

# %% generate
def generate(model, n, block_size, choose=None, generator=None, max_len=30):
    model.eval()
    ids = torch.zeros((n, 1), dtype=torch.int64)
    with torch.no_grad():
        for _ in range(max_len):
            z = model(ids[:, -block_size:])[:, -1:]  # (n, 1, V)
            p = torch.softmax(z, dim=1) if choose is None else choose(z)
            ids = torch.cat([ids, torch.multinomial(p[:, 0], 1, generator=generator)], dim=1)
    rows = []
    for row in ids[:, 1:].tolist():
        rows.append(row[: row.index(0)] if 0 in row else row)
    return rows
