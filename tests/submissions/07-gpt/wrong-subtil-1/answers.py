# %% causal_attention
def causal_attention(q, k, v):
    T, d = q.shape[-2:]
    scores = q @ k.transpose(-2, -1) / math.sqrt(d)
    mask = torch.triu(torch.ones(T, T, dtype=torch.bool), diagonal=1)
    return torch.softmax(scores.masked_fill(mask, -1e4), dim=-1) @ v
# %% multi_head_attention
def multi_head_attention(q, k, v, n_heads):
    y = torch.empty_like(v)
    for i in range(n_heads):
        y[..., i::n_heads] = causal_attention(q[..., i::n_heads], k[..., i::n_heads], v[..., i::n_heads])
    return y
# %% Block
class Block(torch.nn.Module):
    def __init__(self, d, n_heads):
        super().__init__()
        self.n_heads = n_heads
        self.ln1, self.ln2 = torch.nn.LayerNorm(d), torch.nn.LayerNorm(d)
        self.qkv = torch.nn.Linear(d, 3 * d, bias=False)
        self.proj = torch.nn.Linear(d, d)
        self.up, self.down = torch.nn.Linear(d, 4 * d), torch.nn.Linear(4 * d, d)

    def forward(self, x):
        B, T, d = x.shape
        q, k, v = (t.view(B, T, self.n_heads, -1).transpose(1, 2) for t in self.qkv(self.ln1(x)).split(d, dim=-1))
        y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(y.transpose(1, 2).reshape(B, T, d))
        return x + self.down(torch.nn.functional.gelu(self.up(self.ln2(x)), approximate="tanh"))
# %% GPT
class GPT(torch.nn.Module):
    def __init__(self, V, block_size, d=32, n_layers=2, n_heads=4):
        super().__init__()
        self.tok = torch.nn.Embedding(V, d)
        self.pos = torch.nn.Embedding(block_size, d)
        self.blocks = torch.nn.ModuleList([TorchBlock(d, n_heads) for _ in range(n_layers)])
        self.head = torch.nn.Linear(d, V)

    def forward(self, ids):
        x = self.tok(ids) + self.pos(torch.arange(ids.shape[1]))
        for block in self.blocks:
            x = block(x)
        return self.head(x)
# %% make_batch
def make_batch(names, stoi, block_size):
    names = [name for name in names if name]
    ids = torch.zeros((len(names), block_size), dtype=torch.int64)
    targets = torch.full((len(names), block_size), -100)
    for i, name in enumerate(names):
        s = [0] + [stoi[c] for c in name] + [0]
        n = min(len(s) - 1, block_size)
        ids[i, :n] = torch.tensor(s[:n])
        targets[i, :n] = torch.tensor(s[1 : n + 1])
    return ids, targets
# %% gpt_loss
def gpt_loss(logits, targets):
    losses = [torch.nn.functional.cross_entropy(z, y, ignore_index=-100) for z, y in zip(logits, targets)]
    return torch.stack(losses).mean()
# %% next_token_probabilities
def next_token_probabilities(logits, temperature=1.0, top_k=None):
    z = logits / temperature
    if top_k is not None:
        k = min(top_k, z.shape[-1])
        seuil = z.topk(k).values.min()
        z = z.masked_fill(z < seuil, float("-inf"))
    return torch.softmax(z, dim=-1)
# %% generate
def generate(model, n, block_size, choose=None, generator=None, max_len=30):
    if choose is None:
        choose = lambda z: torch.softmax(z, dim=-1)
    out = []
    with torch.no_grad():
        for _ in range(n):
            ids = [0]
            for _ in range(max_len):
                z = model(torch.tensor([ids[-block_size:]]))[:, -1]
                i = torch.multinomial(choose(z), 1, generator=generator).item()
                if i == 0:
                    break
                ids.append(i)
            out.append(ids[1:])
    return out
