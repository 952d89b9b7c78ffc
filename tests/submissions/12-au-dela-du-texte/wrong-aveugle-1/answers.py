# %% encode_phrases
def encode_phrases(phrases, stoi, length):
    L = max(len(p) for p in phrases)
    ids = torch.zeros(len(phrases), min(L, length), dtype=torch.int64)
    for i, phrase in enumerate(phrases):
        n = [stoi[c] for c in phrase if c in stoi][: ids.shape[1]]
        ids[i, : len(n)] = torch.tensor(n, dtype=torch.int64)
    return ids


# %% TextTower
class TextTower(torch.nn.Module):
    def __init__(self, n_symbols, d=16, e=16, h=64):
        super().__init__()
        self.C = torch.nn.Embedding(n_symbols, e)
        self.hidden = torch.nn.Linear(e, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, ids):
        masque = (ids != 0).float()[..., None]
        m = (self.C(ids) * masque).sum(1) / masque.sum(1).clamp(min=1)
        y = self.out(torch.tanh(self.hidden(m)))
        return y / y.norm()


# %% ImageTower
class ImageTower(torch.nn.Module):
    def __init__(self, n_pixels=64, d=16, h=64):
        super().__init__()
        self.hidden = torch.nn.Linear(n_pixels, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, x):
        return torch.softmax(self.out(torch.tanh(self.hidden(x))), dim=-1)


# %% similarity
def similarity(images, texts, temperature=0.1):
    i = torch.nn.functional.normalize(images, dim=-1)
    t = torch.nn.functional.normalize(texts, dim=-1)
    return torch.tensor((i @ t.T / temperature).tolist())


# %% positive_targets
def positive_targets(labels):
    same = (labels[:, None] == labels[None, :]).float()
    return same / len(labels)


# %% contrastive_loss
def contrastive_loss(scores, targets):
    a = -(targets * scores.log_softmax(dim=1)).sum(1).mean()
    b = -(targets * scores.log_softmax(dim=0)).sum(0).mean()
    return a + b


# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    opt = torch.optim.SGD(image_tower.parameters(), lr=lr)
    losses = []
    for _ in range(steps):
        places = torch.randint(len(train), (batch_size,), generator=generator)
        lot = train[places]
        L = loss(image_tower(images[lot]), text_tower(ids[lot]), labels[lot])
        opt.zero_grad(); L.backward(); opt.step()
        losses.append(L.item())
    return losses


# %% recall_at_k
def recall_at_k(scores, query_labels, item_labels, k, rows):
    s = scores[rows]
    kieme = s.argsort(dim=1)[:, :k]
    return float((item_labels[kieme] == query_labels[rows][:, None]).any(dim=1).float().mean())


# %% zero_shot
def zero_shot(images, phrases):
    return (images @ phrases[:, 0].T).argmax(dim=1)
