# %% causal_attention
def causal_attention(q, k, v):
    T, d = q.shape[-2:]
    futur = torch.triu(torch.ones(T, T), diagonal=1).bool()
    scores = q @ k.transpose(-2, -1) / math.sqrt(d)
    scores = scores.masked_fill(futur, 0.0)
    return scores.softmax(dim=-1) @ v

# %% multi_head_attention
def multi_head_attention(q, k, v, n_heads):
    taille = q.shape[-1] // n_heads
    sortie = None
    for i in range(n_heads):
        canaux = slice(i * taille, (i + 1) * taille)
        tete = torch.nn.functional.scaled_dot_product_attention(q[..., canaux], k[..., canaux], v[..., canaux], is_causal=True)
        sortie = tete if sortie is None else torch.cat([tete, sortie], dim=-1)
    return sortie

# %% Block
class Block(torch.nn.Module):
    def __init__(self, d, n_heads):
        super().__init__()
        self.n_heads = n_heads
        self.norm1 = torch.nn.LayerNorm(d)
        self.norm2 = torch.nn.LayerNorm(d)
        self.c_attn = torch.nn.Linear(d, 3 * d, bias=False)
        self.c_proj = torch.nn.Linear(d, d)
        self.mlp = torch.nn.Sequential(torch.nn.Linear(d, 4 * d), torch.nn.GELU(), torch.nn.Linear(4 * d, d))

    def forward(self, x):
        B, T, d = x.shape
        q, k, v = (a.reshape(B, T, self.n_heads, -1).transpose(1, 2) for a in self.c_attn(self.norm1(x)).chunk(3, dim=-1))
        y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.c_proj(y.transpose(1, 2).reshape(B, T, d))
        return x + self.mlp(self.norm2(x))

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
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x[:, -1]))

# %% make_batch
def make_batch(names, stoi, block_size):
    ids = torch.zeros((len(names), block_size), dtype=torch.int64)
    targets = torch.full((len(names), block_size), -100)
    for i, name in enumerate(names):
        s = [0] + [stoi[c] for c in name] + [0]
        x, y = s[:-1][:block_size], s[2:][:block_size]
        ids[i, : len(x)] = torch.tensor(x)
        targets[i, : len(y)] = torch.tensor(y, dtype=torch.int64)
    return ids, targets

# %% gpt_loss
def gpt_loss(logits, targets):
    pertes = torch.nn.functional.cross_entropy(logits.transpose(1, 2), targets, ignore_index=-100, reduction="none")
    return pertes.sum() / len(targets)

# %% next_token_probabilities
def next_token_probabilities(logits, temperature=1.0, top_k=None):
    logits / temperature
    if top_k is not None:
        k = min(top_k, logits.shape[-1])
        seuil = logits.topk(k).values[:, -1:]
        logits = logits.masked_fill(logits < seuil, float("-inf"))
    return logits.softmax(dim=-1)

# %% generate
def generate(model, n, block_size, choose=None, generator=None, max_len=30):
    model.eval()
    ids = torch.zeros((n, 1), dtype=torch.int64)
    with torch.no_grad():
        for _ in range(max_len):
            z = model(ids[:, -block_size:])[:, 0]
            p = z.softmax(-1) if choose is None else choose(z)
            ids = torch.cat([ids, torch.multinomial(p, 1, generator=generator)], dim=1)
    rows = []
    for row in ids[:, 1:].tolist():
        rows.append(row[: row.index(0)] if 0 in row else row)
    return rows
