# %% causal_attention
def causal_attention(q, k, v):
    n, d = q.size(-2), q.size(-1)
    cache = torch.full((n, n), float("-inf")).triu(diagonal=1)
    poids = torch.nn.functional.softmax(torch.einsum("...td,...jd->...tj", q * d ** -0.5, k) + cache, dim=-1)
    return torch.einsum("...tj,...jd->...td", poids, v)

# %% multi_head_attention
def multi_head_attention(q, k, v, n_heads):
    a, b, c = (torch.stack(x.chunk(n_heads, dim=-1)) for x in (q, k, v))
    return torch.cat(list(torch.nn.functional.scaled_dot_product_attention(a, b, c, is_causal=True)), dim=-1)

# %% Block
class Block(torch.nn.Module):
    def __init__(self, d, n_heads):
        super().__init__()
        h = n_heads
        self.couper = lambda z: z.unflatten(-1, (3, h, d // h)).permute(2, 0, 3, 1, 4)
        self.ln1, self.ln2 = (torch.nn.LayerNorm(d) for _ in range(2))
        self.qkv = torch.nn.Linear(d, 3 * d, bias=False)
        self.proj = torch.nn.Linear(d, d)
        self.up = torch.nn.Linear(d, 4 * d)
        self.down = torch.nn.Linear(4 * d, d)
        self.oubli = torch.nn.Dropout(0.0)
        self.mlp = torch.nn.Sequential(self.up, torch.nn.GELU(), self.down)

    def forward(self, x):
        q, k, v = self.couper(self.qkv(self.ln1(x)))
        a = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.oubli(self.proj(a.transpose(1, 2).flatten(2)))
        return x + self.oubli(self.mlp(self.ln2(x)))

# %% GPT
class Couche(torch.nn.Module):
    def __init__(self, d, n_heads, block_size):
        super().__init__()
        self.mha = torch.nn.MultiheadAttention(d, n_heads, batch_first=True)
        self.ff = torch.nn.Sequential(torch.nn.Linear(d, 4 * d), torch.nn.ReLU(), torch.nn.Linear(4 * d, d))
        self.n1, self.n2 = torch.nn.LayerNorm(d), torch.nn.LayerNorm(d)
        self.register_buffer("mask", torch.full((block_size, block_size), float("-inf")).triu(1))

    def forward(self, x):
        T = x.shape[1]
        x = self.n1(x + self.mha(x, x, x, attn_mask=self.mask[:T, :T], need_weights=False)[0])
        return self.n2(x + self.ff(x))


class GPT(torch.nn.Module):
    def __init__(self, V, block_size, d=32, n_layers=2, n_heads=4):
        super().__init__()
        self.emb = torch.nn.Embedding(V, d)
        self.pos = torch.nn.Parameter(torch.randn(1, block_size, d) / 10)
        self.couches = torch.nn.ModuleList(Couche(d, n_heads, block_size) for _ in range(n_layers))
        self.drop = torch.nn.Dropout(0.05)
        self.out = torch.nn.Linear(d, V)

    def forward(self, ids):
        x = self.drop(self.emb(ids) + self.pos[:, : ids.size(1)])
        for couche in self.couches:
            x = couche(x)
        return self.out(x)

# %% make_batch
def make_batch(names, stoi, block_size):
    suites = [torch.tensor([stoi[c] for c in f".{name}."]) for name in names]
    long = max(block_size + 1, max(map(len, suites)))
    pad = torch.full((long,), -100)
    tout = torch.nn.utils.rnn.pad_sequence([*suites, pad], batch_first=True, padding_value=-100)[:-1]
    ids, targets = tout[:, :-1].clone(), tout[:, 1:]
    ids[targets == -100] = 0
    return ids[:, :block_size], targets[:, :block_size].contiguous()

# %% gpt_loss
def gpt_loss(logits, targets):
    z = logits.double()
    masque = (targets >= 0).double()
    un = torch.nn.functional.one_hot(targets.clamp(min=0), z.shape[-1])
    perte = torch.logsumexp(z, -1) - (z * un).sum(-1)
    return (perte * masque).sum() / masque.sum()

# %% next_token_probabilities
def next_token_probabilities(logits, temperature=1.0, top_k=None):
    z, place = torch.sort(logits / temperature, dim=-1, descending=True)
    if top_k:
        z[:, top_k:] = -torch.inf
    out = torch.empty_like(z)
    out.scatter_(-1, place, z.softmax(-1))
    return out

# %% generate
def generate(model, n, block_size, choose=None, generator=None, max_len=30):
    model.eval()
    with torch.no_grad():
        ids = torch.zeros(n, 1).long()
        fini = torch.zeros(n, dtype=torch.bool)
        while ids.shape[1] <= max_len and not fini.all():
            z = model(ids[:, max(0, ids.shape[1] - block_size):])[:, -1, :]
            logs = torch.log_softmax(z, -1) if choose is None else torch.log(choose(z))
            bruit = -torch.log(-torch.log(torch.rand(logs.shape, generator=generator, dtype=torch.float64)))
            tire = torch.where(fini, 0, (logs + bruit).argmax(-1))
            fini |= tire == 0
            ids = torch.cat([ids, tire[:, None]], 1)
    return [[i for i in row if i] for row in ids.tolist()]
