# %% causal_attention
def causal_attention(q, k, v):
    # position par position
    shape = q.shape
    T, d = shape[-2:]
    q, k, v = (x.reshape(-1, T, d) for x in (q, k, v))
    out = torch.empty_like(v)
    for b in range(len(q)):
        for t in range(T):
            scores = torch.stack([torch.dot(q[b, t], k[b, j]) for j in range(t + 1)]) / math.sqrt(d)
            out[b, t] = torch.softmax(scores, 0) @ v[b, : t + 1]
    return out.reshape(shape)

# %% multi_head_attention
def multi_head_attention(q, k, v, n_heads):
    w = q.shape[-1] // n_heads
    reponses = []
    for tete in range(n_heads):
        ici = slice(tete * w, (tete + 1) * w)
        reponses.append(causal_attention(q[..., ici], k[..., ici], v[..., ici]))
    return torch.cat([torch.as_tensor(r) for r in reponses], dim=-1)

# %% Block
class Block(torch.nn.Module):
    """Un bloc, tête par tête, avec un masque très négatif."""
    def __init__(self, d, n_heads):
        super().__init__()
        self.d, self.n = d, n_heads
        for name in ("ln1", "ln2"):
            self.add_module(name, torch.nn.LayerNorm(d))
        for name, sizes in {"proj": (d, d), "up": (d, 4 * d), "down": (4 * d, d)}.items():
            self.add_module(name, torch.nn.Linear(*sizes))
        self.qkv = torch.nn.Linear(d, 3 * d, bias=False)

    def forward(self, x):
        z = self.qkv(self.ln1(x))
        T, w = x.shape[1], self.d // self.n
        a = []
        for i in range(self.n):
            q, k, v = (z[..., start + i * w : start + (i + 1) * w] for start in (0, self.d, 2 * self.d))
            scores = q @ k.transpose(1, 2) / w ** 0.5 - 1e9 * torch.ones(T, T).triu(1)
            a.append(scores.softmax(2) @ v)
        x = x + self.proj(torch.cat(a, dim=2))
        return x + self.down(torch.nn.GELU()(self.up(self.ln2(x))))

# %% GPT
class GPT(torch.nn.Module):
    def __init__(self, V, block_size, d=32, n_layers=2, n_heads=4):
        super().__init__()
        self.wte = torch.nn.Embedding(V, d)
        self.wpe = torch.nn.Embedding(block_size, d)
        self.h = torch.nn.Sequential(*[Block(d, n_heads) for _ in range(n_layers)])
        self.ln_f = torch.nn.LayerNorm(d)
        self.lm_head = torch.nn.Linear(d, V, bias=False)
        self.lm_head.weight = self.wte.weight
        self.register_buffer("places", torch.arange(block_size))

    def forward(self, ids):
        B, T = ids.shape
        assert T <= len(self.places)
        return self.lm_head(self.ln_f(self.h(self.wte(ids) + self.wpe(self.places[:T]))))

# %% make_batch
def make_batch(names, stoi, block_size):
    ids = [([0] + [stoi[c] for c in nom] + [0] * block_size)[:block_size] for nom in names]
    targets = [([stoi[c] for c in nom] + [0] + [-100] * block_size)[:block_size] for nom in names]
    return torch.tensor(ids), torch.tensor(targets, dtype=torch.int32)

# %% gpt_loss
def gpt_loss(logits, targets):
    return torch.nn.functional.cross_entropy(logits.transpose(1, 2), targets, ignore_index=-100)

# %% next_token_probabilities
def next_token_probabilities(logits, temperature=1.0, top_k=None):
    rows = []
    for row in np.asarray(logits, dtype=float):
        z = row / temperature
        p = np.exp(z - z.max())
        if top_k is not None and top_k < len(p):
            p[np.argsort(p)[:-top_k]] = 0
        rows.append(p / p.sum())
    return np.array(rows)

# %% generate
def generate(model, n, block_size, choose=None, generator=None, max_len=30):
    model.eval()
    noms = []
    for _ in range(n):
        suite = [0]
        while len(suite) <= max_len:
            with torch.no_grad():
                z = model(torch.tensor([suite[-block_size:]]))[:, -1]
            p = torch.softmax(z, dim=1) if choose is None else torch.as_tensor(choose(z))
            i = torch.multinomial(p, 1, generator=generator).item()
            if i == 0:
                break
            suite.append(i)
        noms.append(suite[1:])
    return noms
