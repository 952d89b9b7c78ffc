# %% encode_phrases
def encode_phrases(phrases, stoi, length):
    ids = torch.zeros(len(phrases), length, dtype=torch.int64)
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
        m = self.C(ids).mean(dim=1)
        return torch.nn.functional.normalize(self.out(torch.tanh(self.hidden(m))), dim=-1)


# %% ImageTower
class ImageTower(torch.nn.Module):
    def __init__(self, n_pixels=64, d=16, h=64):
        super().__init__()
        self.hidden = torch.nn.Linear(n_pixels, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, x):
        x = torch.nn.functional.normalize(x, dim=-1)
        return torch.nn.functional.normalize(self.out(torch.tanh(self.hidden(x))), dim=-1)


# %% similarity
def similarity(images, texts, temperature=0.1):
    return images @ texts.T / temperature


# %% positive_targets
def positive_targets(labels):
    return (labels[:, None] == labels[None, :]).float()


# %% contrastive_loss
def contrastive_loss(scores, targets):
    return -(targets * scores.log_softmax(dim=1)).sum(dim=1).mean()


# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    params = [*image_tower.parameters(), *text_tower.parameters()]
    opt = torch.optim.SGD(params, lr=lr, momentum=0.9)
    losses = []
    for _ in range(steps):
        lot = train[torch.randperm(len(train), generator=generator)[:batch_size]]
        L = loss(image_tower(images[lot]), text_tower(ids[lot]), labels[lot])
        opt.zero_grad(); L.backward(); opt.step()
        losses.append(L.item())
    return losses


# %% recall_at_k
def recall_at_k(scores, query_labels, item_labels, k, rows):
    best = scores.topk(min(k, scores.shape[1]), dim=1).indices
    hit = (item_labels[best] == query_labels[:, None]).any(dim=1)
    return float(hit.float().mean())


# %% zero_shot
def zero_shot(images, phrases):
    return (images @ phrases.mean(dim=1).T).argmax(dim=1)
