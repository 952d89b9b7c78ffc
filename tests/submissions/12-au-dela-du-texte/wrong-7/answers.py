# %% encode_phrases
def encode_phrases(phrases, stoi, length):
    lignes = []
    for phrase in phrases:
        row = [stoi[c] for c in phrase if c in stoi]
        lignes.append((row + [-1] * length)[:length])
    return torch.tensor(lignes)

# %% TextTower
class TextTower(torch.nn.Module):
    def __init__(self, n_symbols, d=16, e=16, h=64):
        super().__init__()
        self.C = torch.nn.Embedding(n_symbols, e, padding_idx=0)
        self.hidden = torch.nn.Linear(e, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, ids):
        n = (ids != 0).sum(dim=1, keepdim=True).clamp(min=1)
        m = self.C(ids).sum(dim=1) / n
        y = self.out(torch.tanh(self.hidden(m)))
        return torch.nn.functional.normalize(y, dim=1)

# %% ImageTower
class ImageTower(torch.nn.Module):
    def __init__(self, n_pixels=64, d=16, h=64):
        super().__init__()
        self.hidden = torch.nn.Linear(n_pixels, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, x):
        y = self.out(torch.tanh(self.hidden(x)))
        return y / (y * y).sum(dim=1, keepdim=True)

# %% similarity
def similarity(images, texts, temperature=0.1):
    u = images / images.norm(dim=1, keepdim=True)
    v = texts / texts.norm(dim=1, keepdim=True)
    return torch.softmax(u @ v.T / temperature, dim=1)

# %% positive_targets
def positive_targets(labels):
    same = (labels[:, None] == labels[None, :]).double()
    return same / same.sum()

# %% contrastive_loss
def contrastive_loss(scores, targets):
    s, t = scores.detach().numpy().astype(float), targets.numpy()
    e = np.exp(s - s.max())
    a = -(t * np.log(e / e.sum(1, keepdims=True) + 1e-12)).sum(1).mean()
    b = -(t * np.log(e / e.sum(0, keepdims=True) + 1e-12)).sum(0).mean()
    return torch.tensor((a + b) / 2)

# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    optimizer = torch.optim.SGD(list(image_tower.parameters()) + list(text_tower.parameters()), lr=lr)
    losses = []
    g = torch.Generator().manual_seed(0)
    rows = train[torch.randperm(len(train), generator=g)[:batch_size]]
    for _ in range(steps):
        value = loss(image_tower(images[rows]), text_tower(ids[rows]), labels[rows])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses

# %% recall_at_k
def recall_at_k(scores, query_labels, item_labels, k, rows):
    best = scores[rows].argmax(dim=1)
    return (item_labels[best] == query_labels[rows]).float().mean().item()

# %% zero_shot
def zero_shot(images, phrases):
    c = torch.nn.functional.normalize(phrases.mean(dim=0), dim=1)
    return (images @ c.T).argmax(dim=1)
