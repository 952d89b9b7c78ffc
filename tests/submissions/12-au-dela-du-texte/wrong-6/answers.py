# %% encode_phrases
def encode_phrases(phrases, stoi, length):
    ids = torch.zeros((len(phrases), length), dtype=torch.int64)
    for i, phrase in enumerate(phrases):
        row = [stoi[c] for c in phrase if c in stoi][-length:]
        ids[i, :len(row)] = torch.tensor(row, dtype=torch.int64)
    return ids

# %% TextTower
class TextTower(torch.nn.Module):
    def __init__(self, n_symbols, d=16, e=16, h=64):
        super().__init__()
        self.C = torch.nn.Embedding(n_symbols, e)
        self.hidden = torch.nn.Linear(e, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, ids):
        garde = (ids != 0).unsqueeze(-1).float()
        m = (self.C(ids) * garde).sum(dim=1) / garde.sum(dim=1).clamp(min=1)
        return torch.nn.functional.normalize(self.out(self.hidden(m)), dim=1)

# %% ImageTower
class ImageTower(torch.nn.Module):
    def __init__(self, n_pixels=64, d=16, h=64):
        super().__init__()
        self.couche = torch.nn.Linear(n_pixels, h)
        self.sortie = torch.nn.Linear(h, d)

    def forward(self, x):
        y = self.sortie(torch.tanh(self.couche(x)))
        return y / y.norm(dim=1, keepdim=True)

# %% similarity
def similarity(images, texts, temperature=0.1):
    u = images / images.norm(dim=1, keepdim=True)
    v = texts / texts.norm(dim=1, keepdim=True)
    return torch.cdist(u, v) / temperature

# %% positive_targets
def positive_targets(labels):
    T = torch.zeros(len(labels), len(labels))
    liste = labels.tolist()
    for i, c in enumerate(liste):
        T[i, liste.index(c)] = 1
    return T

# %% contrastive_loss
def contrastive_loss(scores, targets):
    F = torch.nn.functional
    a = F.kl_div(scores.log_softmax(1), targets, reduction="batchmean")
    b = F.kl_div(scores.T.log_softmax(1), targets.T, reduction="batchmean")
    return (a + b) / 2

# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    optimizer = torch.optim.SGD(list(image_tower.parameters()) + list(text_tower.parameters()), lr=lr)
    losses = []
    for _ in range(steps):
        rows = train[torch.randperm(len(train), generator=generator)[:batch_size]]
        autres = train[torch.randperm(len(train), generator=generator)[:batch_size]]
        value = loss(image_tower(images[rows]), text_tower(ids[autres]), labels[rows])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses

# %% recall_at_k
def recall_at_k(scores, query_labels, item_labels, k, rows):
    best = scores[rows].argsort(dim=1)[:, :k]
    return (item_labels[best] == query_labels[rows][:, None]).any(dim=1).float().mean().item()

# %% zero_shot
def zero_shot(images, phrases):
    z = images @ phrases.flatten(0, 1).T
    return z.argmax(dim=1)
