# %% encode_phrases
def encode_phrases(phrases, stoi, length):
    ids = torch.zeros((len(phrases), length), dtype=torch.int64)
    for i, phrase in enumerate(phrases):
        row = [stoi[c] for c in phrase[:length] if c in stoi]
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
        m = (self.C(ids) * garde).sum(dim=1) / garde.sum(dim=1)
        y = self.out(torch.tanh(self.hidden(m)))
        return y / y.norm(dim=1, keepdim=True)

# %% ImageTower
class ImageTower(torch.nn.Module):
    def __init__(self, n_pixels=64, d=16, h=64):
        super().__init__()
        self.hidden = torch.nn.Linear(n_pixels, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, x):
        y = self.out(self.hidden(x).tanh())
        return y / y.norm()

# %% similarity
def similarity(images, texts, temperature=0.1):
    return torch.nn.functional.cosine_similarity(images[:, None], texts[None], dim=2)

# %% positive_targets
def positive_targets(labels):
    same = (labels[:, None] == labels[None, :]).float()
    same.fill_diagonal_(0)
    return same / same.sum(dim=1, keepdim=True).clamp(min=1)

# %% contrastive_loss
def contrastive_loss(scores, targets):
    a = -(targets * scores.log_softmax(1)).mean()
    b = -(targets * scores.log_softmax(0)).mean()
    return (a + b) / 2

# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    optimizer = torch.optim.Adam(list(image_tower.parameters()) + list(text_tower.parameters()), lr=lr)
    losses = []
    for _ in range(steps):
        places = torch.randint(len(train), (batch_size,), generator=generator) if batch_size < len(train) else torch.arange(len(train))
        rows = train[places]
        value = loss(image_tower(images[rows]), text_tower(ids[rows]), labels[rows])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses

# %% recall_at_k
def recall_at_k(scores, query_labels, item_labels, k, rows):
    best = scores[rows].topk(min(k, scores.shape[1]), dim=1).indices
    return (best == query_labels[rows][:, None]).any(dim=1).float().mean().item()

# %% zero_shot
def zero_shot(images, phrases):
    c = phrases.mean(dim=1)
    c = c / c.norm(dim=1, keepdim=True)
    return (images @ c.T).argmin(dim=1)
