# %% encode_phrases
def encode_phrases(phrases, stoi, length):
    suites = [torch.tensor([stoi[c] for c in filter(stoi.__contains__, p)], dtype=torch.int64) for p in phrases]
    suites.append(torch.zeros(length, dtype=torch.int64))
    return torch.nn.utils.rnn.pad_sequence(suites, batch_first=True)[:-1, :length]

# %% TextTower
class TextTower(torch.nn.Module):
    def __init__(self, n_symbols, d=16, e=16, h=64):
        super().__init__()
        self.C = torch.nn.Embedding(n_symbols, e, padding_idx=0)
        self.reseau = torch.nn.ModuleDict({"cachee": torch.nn.Linear(e, h), "sortie": torch.nn.Linear(h, d)})
        self.hidden, self.out = self.reseau["cachee"], self.reseau["sortie"]

    def forward(self, ids):
        vide = ids.eq(0)
        somme = self.C(ids).masked_fill(vide[..., None], 0.0).sum(dim=-2)
        m = somme / (~vide).sum(dim=-1, keepdim=True).clamp_min(1)
        y = torch.nn.functional.linear(torch.tanh(self.hidden(m)), self.out.weight, self.out.bias)
        return torch.nn.functional.normalize(y)

# %% ImageTower
class ImageTower(torch.nn.Module):
    def __init__(self, n_pixels=64, d=16, h=64):
        super().__init__()
        self.hidden = torch.nn.Linear(n_pixels, h)
        self.out = torch.nn.Linear(h, d)
        self.tout = torch.nn.Sequential(self.hidden, torch.nn.Tanh(), self.out)

    def forward(self, x):
        return torch.nn.functional.normalize(self.tout(x), p=2, dim=1)

# %% similarity
def similarity(images, texts, temperature=0.1):
    return torch.nn.functional.cosine_similarity(images.unsqueeze(1), texts.unsqueeze(0), dim=-1).mul(1.0 / temperature)

# %% positive_targets
def positive_targets(labels):
    y = np.asarray(labels)
    T = np.equal.outer(y, y).astype(np.float64)
    T /= T.sum(axis=1)[:, None]
    return T

# %% contrastive_loss
def contrastive_loss(scores, targets):
    z, T = scores.double(), targets.double()
    a = z.exp().sum(1).log() if z.abs().max() < 500 else z.logsumexp(1)
    b = torch.logsumexp(z, 0)
    return ((T * (a[:, None] + b[None, :] - 2 * z)).sum() / (2 * len(z))).float()

# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    tours = torch.nn.ModuleList([image_tower, text_tower])
    tours.train()
    poids = torch.ones(len(train))
    pertes = []
    while len(pertes) < steps:
        lot = torch.multinomial(poids, min(batch_size, len(train)), replacement=False, generator=generator)
        rows = torch.index_select(train, 0, lot)
        perte = loss(image_tower(images[rows]), text_tower(ids[rows]), labels[rows])
        tours.zero_grad()
        perte.backward()
        for p in tours.parameters():
            p.data.add_(p.grad, alpha=-lr)
        pertes.append(perte.detach().numpy().item())
    return np.array(pertes)

# %% recall_at_k
def recall_at_k(scores, query_labels, item_labels, k, rows):
    # le rang du meilleur objet de la bonne classe, sans trier
    z = scores[rows]
    bon = query_labels[rows][:, None] == item_labels[None, :]
    mieux = z.masked_fill(~bon, float("-inf")).amax(dim=1, keepdim=True)
    rang = (z > mieux).sum(dim=1)
    return ((rang < k) & bon.any(dim=1)).float().mean()

# %% zero_shot
def zero_shot(images, phrases):
    t = np.asarray(phrases, dtype=float).mean(axis=1)
    t /= np.sqrt((t**2).sum(axis=1, keepdims=True))
    return np.argmax(np.asarray(images, dtype=float) @ t.T, axis=1)
