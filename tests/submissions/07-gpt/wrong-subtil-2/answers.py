# %% causal_attention
def causal_attention(q, k, v):
    T, d = q.shape[-2:]
    w = torch.exp(q @ k.transpose(-2, -1) / math.sqrt(d)).tril()
    return w / w.sum(dim=-1, keepdim=True) @ v
# %% multi_head_attention
def multi_head_attention(q, k, v, n_heads):
    B, T, d = q.shape
    q, k, v = (t.reshape(T, B * n_heads, d // n_heads).transpose(0, 1) for t in (q, k, v))
    y = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
    return y.transpose(0, 1).reshape(B, T, d)
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
        return x + self.down(torch.nn.functional.gelu(self.up(self.ln1(x))))
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
        x = self.tok(ids) + self.pos.weight[-ids.shape[1] :]
        for block in self.blocks:
            x = block(x)
        return self.head(self.ln(x))
# %% make_batch
def make_batch(names, stoi, block_size):
    T = min(block_size, max(len(name) for name in names) + 1)
    ids = torch.zeros((len(names), T), dtype=torch.int64)
    targets = torch.full((len(names), T), -100)
    for i, name in enumerate(names):
        s = [0] + [stoi[c] for c in name] + [0]
        n = min(len(s) - 1, T)
        ids[i, :n] = torch.tensor(s[:n])
        targets[i, :n] = torch.tensor(s[1 : n + 1])
    return ids, targets
# %% gpt_loss
def gpt_loss(logits, targets):
    loss = torch.nn.functional.cross_entropy(logits.detach().flatten(0, 1), targets.flatten())
    return loss
# %% next_token_probabilities
def next_token_probabilities(logits, temperature=1.0, top_k=None):
    z = logits / temperature
    if top_k is not None:
        seuil = z.topk(top_k, dim=-1).values[:, -1:]
        z = torch.where(z >= seuil, z, torch.full_like(z, float("-inf")))
    return torch.softmax(z, dim=-1)
# %% generate
def generate(model, n, block_size, choose=None, generator=None, max_len=30):
    model.eval()
    out = []
    with torch.no_grad():
        for _ in range(n):
            ids = [0]
            for _ in range(max_len):
                z = model(torch.tensor([ids[-block_size:]]))[:, -1]
                p = torch.softmax(z, dim=-1) if choose is None else choose(z)
                i = torch.multinomial(p, 1).item()
                if i == 0:
                    break
                ids.append(i)
            out.append(ids[1:])
    return out
