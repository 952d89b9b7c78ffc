# %% causal_attention
def causal_attention(q, k, v):
    q, k, v = np.asarray(q, dtype=np.float64), np.asarray(k, dtype=np.float64), np.asarray(v, dtype=np.float64)
    scores = q @ np.swapaxes(k, -1, -2) / np.sqrt(q.shape[-1])
    scores = np.where(np.tri(q.shape[-2]) > 0, scores, -1e30)
    e = np.exp(scores - scores.max(-1, keepdims=True))
    return torch.from_numpy(e / e.sum(-1, keepdims=True) @ v).float()

# %% multi_head_attention
def multi_head_attention(q, k, v, n_heads):
    q, k, v = (np.asarray(x, dtype=float) for x in (q, k, v))
    out = []
    for a, b, c in zip(*(np.split(x, n_heads, axis=2) for x in (q, k, v))):
        s = np.einsum("btd,bjd->btj", a, b) / np.sqrt(a.shape[-1])
        s[:, np.triu(np.ones(s.shape[1:], dtype=bool), 1)] = -np.inf
        e = np.exp(s - s.max(-1, keepdims=True))
        out.append(e / e.sum(-1, keepdims=True) @ c)
    return np.concatenate(out, axis=-1)

# %% Block
class Block(torch.nn.Module):
    def __init__(self, d, n_heads, longest=64):
        super().__init__()
        self.n_heads = n_heads
        self.ln1, self.ln2 = torch.nn.LayerNorm(d), torch.nn.LayerNorm(d)
        self.qkv, self.proj = torch.nn.Linear(d, 3 * d, bias=False), torch.nn.Linear(d, d)
        self.up, self.down = torch.nn.Linear(d, 4 * d), torch.nn.Linear(4 * d, d)
        self.register_buffer("mask", torch.tril(torch.ones(longest, longest)))

    def forward(self, x):
        T = x.shape[1]
        residual = x
        q, k, v = self.qkv(self.ln1(x)).chunk(3, -1)
        out = []
        for a, b, c in zip(q.chunk(self.n_heads, -1), k.chunk(self.n_heads, -1), v.chunk(self.n_heads, -1)):
            s = a @ b.mT / a.shape[-1] ** 0.5
            s = s.masked_fill(self.mask[:T, :T] == 0, float("-inf"))
            out.append(torch.softmax(s, -1) @ c)
        x = residual + self.proj(torch.cat(out, -1))
        residual = x
        x = self.down(torch.nn.functional.gelu(self.up(self.ln2(x))))
        return residual + x

# %% GPT
class GPT(torch.nn.Module):
    def __init__(self, V, block_size, d=32, n_layers=2, n_heads=4):
        super().__init__()
        angles = torch.arange(block_size)[:, None] / 100 ** (torch.arange(0, d, 2) / d)
        self.register_buffer("positions", torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1))
        self.C = torch.nn.Parameter(0.02 * torch.randn(V, d))
        self.blocks = torch.nn.ModuleList([TorchBlock(d, n_heads) for _ in range(n_layers)])
        for block in self.blocks:
            torch.nn.init.zeros_(block.linear2.weight)
            torch.nn.init.zeros_(block.self_attn.out_proj.weight)
        self.sortie = torch.nn.Sequential(torch.nn.LayerNorm(d), torch.nn.Linear(d, V))

    def forward(self, ids):
        x = self.C[ids] + self.positions[: ids.shape[1]]
        for block in self.blocks:
            x = block(x)
        return self.sortie(x)

# %% make_batch
def make_batch(names, stoi, block_size):
    ids = np.zeros((len(names), block_size), dtype=np.int64)
    targets = np.full((len(names), block_size), -100, dtype=np.int64)
    for b, name in enumerate(names):
        for t, c in enumerate(("." + name)[:block_size]):
            ids[b, t] = stoi[c]
        for t, c in enumerate((name + ".")[:block_size]):
            targets[b, t] = stoi[c]
    return ids, targets

# %% gpt_loss
def gpt_loss(logits, targets):
    total, n = 0.0, 0
    logs = torch.log_softmax(logits, dim=2)
    for b in range(targets.shape[0]):
        for t in range(targets.shape[1]):
            cible = int(targets[b, t])
            if cible == -100:
                continue
            total = total - logs[b, t, cible]
            n += 1
    return total / n

# %% next_token_probabilities
def next_token_probabilities(logits, temperature=1.0, top_k=None):
    p = torch.softmax(logits.double() - logits.max(), dim=1).clamp(min=1e-300) ** (1 / temperature)
    if top_k is not None:
        keep = torch.zeros_like(p).scatter_(1, p.topk(min(top_k, p.size(1)), dim=1).indices, 1.0)
        p = p * keep
    return p / p.sum(dim=1, keepdim=True)

# %% generate
def generate(model, n, block_size, choose=None, generator=None, max_len=30):
    model.eval()
    choose = choose or (lambda z: z.softmax(-1))
    noms, actifs = [[] for _ in range(n)], list(range(n))
    with torch.no_grad():
        for _ in range(max_len):
            if not actifs:
                break
            ids = torch.tensor([([0] + noms[i])[-block_size:] for i in actifs])
            cumul = torch.as_tensor(choose(model(ids)[:, -1])).double().cumsum(1)
            u = torch.rand(len(actifs), 1, generator=generator, dtype=torch.float64) * cumul[:, -1:]
            tire = (u >= cumul).sum(1).tolist()
            for i, c in zip(actifs, tire):
                if c:
                    noms[i].append(c)
            actifs = [i for i, c in zip(actifs, tire) if c]
    return noms
