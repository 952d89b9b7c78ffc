# %% causal_attention
def causal_attention(q, k, v):
    T, d = q.shape[-2:]
    scores = q @ k.transpose(-2, -1) / math.sqrt(d)
    masque = torch.ones(T, T, dtype=torch.bool).triu()
    poids = scores.masked_fill(masque, -torch.inf).softmax(-1)
    return torch.nan_to_num(poids) @ v  # la première ligne n'a que des -inf

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
        k, q, v = (a.reshape(B, T, self.n_heads, -1).transpose(1, 2) for a in self.qkv(x).chunk(3, dim=-1))
        y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.proj(y.transpose(1, 2).reshape(B, T, d))

    def forward(self, x):
        x = x + self.attention(self.ln1(x))
        return x + self.down(torch.nn.functional.gelu(self.up(self.ln2(x))))

# %% next_token_probabilities
def next_token_probabilities(logits, temperature=1.0, top_k=None):
    z = logits / temperature
    V = z.shape[-1]
    if top_k is not None and top_k < V:
        seuil = z.sort(dim=-1, descending=True).values[:, top_k]
        z = torch.where(z >= seuil[:, None], z, -torch.inf)
    return z.softmax(-1)

# %% generate
def generate(model, n, block_size, choose=None, generator=None, max_len=30):
    model.eval()
    ids = torch.zeros((n, 1), dtype=torch.int64)
    with torch.no_grad():
        for _ in range(max_len):
            z = model(ids[:, -block_size:])[:, -1]
            p = z.softmax(-1) if choose is None else choose(z)
            suivant = torch.multinomial(p, 1, generator=generator)
            if (suivant == 0).any():
                break
            ids = torch.cat([ids, suivant], dim=1)
    rows = []
    for row in ids[:, 1:].tolist():
        rows.append(row[: row.index(0)] if 0 in row else row)
    return rows
