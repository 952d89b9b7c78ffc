# %% encode_phrases
def encode_phrases(phrases, stoi, length):
    ids = torch.zeros(len(phrases), length, dtype=torch.long)
    for i, phrase in enumerate(phrases):
        for j, c in enumerate(phrase[:length]):
            ids[i, j] = stoi.get(c, 0)
    return ids

# %% TextTower
class TextTower(torch.nn.Module):
    def __init__(self, n_symbols, d=16, e=16, h=64):
        super().__init__()
        self.C = torch.nn.Embedding(n_symbols, e)
        self.hidden = torch.nn.Linear(e, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, ids):
        garde = (ids != 0).unsqueeze(-1)
        m = (self.C(ids) * garde).mean(dim=1)
        y = self.out(torch.tanh(self.hidden(m)))
        return y / y.norm(dim=1, keepdim=True)

# %% ImageTower
class ImageTower(torch.nn.Module):
    def __init__(self, n_pixels=64, d=16, h=64):
        super().__init__()
        self.hidden = torch.nn.Linear(n_pixels, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, x):
        y = self.out(torch.tanh(self.hidden(x)))
        return y / y.norm(dim=0)

# %% similarity
def similarity(images, texts, temperature=0.1):
    u = torch.nn.functional.normalize(images, dim=1)
    v = torch.nn.functional.normalize(texts, dim=1)
    return v @ u.T / temperature

# %% positive_targets
def positive_targets(labels):
    return (labels[:, None] == labels[None, :]).float() / len(labels)

# %% contrastive_loss
def contrastive_loss(scores, targets):
    a = -(targets * torch.log_softmax(scores, dim=0)).sum(dim=0).mean()
    b = -(targets * torch.log_softmax(scores.T, dim=1)).sum(dim=1).mean()
    return (a + b) / 2

# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    optimizer = torch.optim.SGD(image_tower.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        rows = train[torch.randperm(len(train), generator=generator)[:batch_size]]
        value = loss(image_tower(images[rows]), text_tower(ids[rows]), labels[rows])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses

# %% recall_at_k
def recall_at_k(scores, query_labels, item_labels, k, rows):
    best = scores.argsort(dim=1, descending=True)[:, :k]
    return (item_labels[best] == query_labels[:, None]).any(dim=1).double().mean()

# %% zero_shot
def zero_shot(images, phrases):
    return (images @ phrases[:, 0].T).argmax(dim=1)
