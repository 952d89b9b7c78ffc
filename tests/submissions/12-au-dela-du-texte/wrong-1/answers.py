# %% encode_phrases
def encode_phrases(phrases, stoi, length):
    rows = []
    for phrase in phrases:
        row = [stoi[c] for c in phrase if c in stoi][:length]
        rows.append([0] * (length - len(row)) + row)
    return torch.tensor(rows)

# %% TextTower
class TextTower(torch.nn.Module):
    def __init__(self, n_symbols, d=16, e=16, h=64):
        super().__init__()
        self.C = torch.nn.Embedding(n_symbols, e)
        self.hidden = torch.nn.Linear(e, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, ids):
        m = self.C(ids).mean(dim=1)
        y = self.out(torch.tanh(self.hidden(m)))
        return torch.nn.functional.normalize(y, dim=-1)

# %% ImageTower
class ImageTower(torch.nn.Module):
    def __init__(self, n_pixels=64, d=16, h=64):
        super().__init__()
        self.hidden = torch.nn.Linear(n_pixels, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, x):
        return self.out(torch.tanh(self.hidden(x)))

# %% similarity
def similarity(images, texts, temperature=0.1):
    return images @ texts.T / temperature

# %% positive_targets
def positive_targets(labels):
    return torch.eye(len(labels))

# %% contrastive_loss
def contrastive_loss(scores, targets):
    return -(targets * scores.log_softmax(dim=1)).sum(dim=1).mean()

# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    optimizer = torch.optim.SGD(list(image_tower.parameters()) + list(text_tower.parameters()), lr=lr)
    losses = []
    for _ in range(steps):
        rows = torch.randperm(len(images), generator=generator)[:min(batch_size, len(train))]
        value = loss(image_tower(images[rows]), text_tower(ids[rows]), labels[rows])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses

# %% recall_at_k
def recall_at_k(scores, query_labels, item_labels, k, rows):
    best = scores.topk(min(k, len(scores)), dim=0).indices
    found = query_labels[best] == item_labels[None, :]
    return found.any(dim=0).float().mean().item()

# %% zero_shot
def zero_shot(images, phrases):
    return (images @ phrases.mean(dim=1).T).argmax(dim=1)
