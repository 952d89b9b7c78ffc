# %% encode_phrases
def encode_phrases(phrases, stoi, length):
    rows = [torch.tensor([stoi[c] for c in phrase if c in stoi], dtype=torch.int64) for phrase in phrases]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)

# %% TextTower
class TextTower(torch.nn.Module):
    def __init__(self, n_symbols, d=16, e=16, h=64):
        super().__init__()
        self.C = torch.nn.Embedding(n_symbols, e)
        self.hidden = torch.nn.Linear(e, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, ids):
        garde = (ids != 0).float()[:, :, None]
        m = (self.C(ids) * garde).sum(1) / garde.sum(1).clamp(min=1)
        return self.out(torch.tanh(self.hidden(m)))

# %% ImageTower
class ImageTower(torch.nn.Module):
    def __init__(self, n_pixels=64, d=16, h=64):
        super().__init__()
        self.hidden = torch.nn.Linear(n_pixels, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, x):
        x = torch.nn.functional.normalize(x, dim=1)
        return self.out(torch.tanh(self.hidden(x)))

# %% similarity
def similarity(images, texts, temperature=0.1):
    u = images / images.norm(dim=1, keepdim=True)
    v = texts / texts.norm(dim=1, keepdim=True)
    return u @ v.T * temperature

# %% positive_targets
def positive_targets(labels):
    return (labels[:, None] == labels[None, :]).float()

# %% contrastive_loss
def contrastive_loss(scores, targets):
    y = torch.arange(len(scores))
    F = torch.nn.functional
    return (F.cross_entropy(scores, y) + F.cross_entropy(scores.T, y)) / 2

# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    optimizer = torch.optim.SGD(list(image_tower.parameters()) + list(text_tower.parameters()), lr=lr)
    losses = []
    for _ in range(steps):
        rows = train[torch.randperm(len(train), generator=generator)[:batch_size]]
        value = loss(image_tower(images[rows]), text_tower(ids[rows]), labels[rows])
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses

# %% recall_at_k
def recall_at_k(scores, query_labels, item_labels, k, rows):
    appris = torch.tensor([i for i in range(len(scores)) if i not in rows.tolist()], dtype=torch.int64)
    best = scores[appris].topk(min(k, scores.shape[1]), dim=1).indices
    return (item_labels[best] == query_labels[appris][:, None]).any(dim=1).float().mean().item()

# %% zero_shot
def zero_shot(images, phrases):
    c = torch.nn.functional.normalize(phrases.mean(dim=1), dim=1)
    return (images @ c.T).argmax(dim=0)
