# %% encode_phrases
def encode_phrases(phrases, stoi, length):
    ids = torch.zeros((len(phrases), length), dtype=torch.long)
    for i, phrase in enumerate(phrases):
        numeros = [numero for c, numero in stoi.items() if c in phrase][:length]
        ids[i, :len(numeros)] = torch.tensor(numeros)
    return ids


# %% TextTower
class TextTower(torch.nn.Module):
    def __init__(self, n_symbols, d=16, e=16, h=64):
        super().__init__()
        self.C = torch.nn.Embedding(n_symbols, e)
        self.hidden = torch.nn.Linear(e, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, ids):
        m = self.C(ids)[:, 0]
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
        return torch.nn.functional.normalize(y, p=1, dim=1)


# %% similarity
def similarity(images, texts, temperature=0.1):
    t = torch.nn.functional.normalize(texts, dim=1)
    return (images @ t.T) / temperature


# %% contrastive_loss
def contrastive_loss(scores, targets):
    log_p = torch.log_softmax(scores.reshape(-1), dim=0)
    return -(targets.reshape(-1) * log_p).sum() / len(scores)


# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    parametres = list(image_tower.parameters()) + list(text_tower.parameters())
    losses = []
    for _ in range(steps):
        rows = train[torch.randperm(len(train), generator=generator)[:batch_size]]
        value = loss(image_tower(images[rows]), text_tower(ids[rows]), labels[rows])
        for p, g in zip(parametres, torch.autograd.grad(value, parametres)):
            p.data += lr * g
        losses.append(value.item())
    return losses


# %% recall_at_k
def recall_at_k(scores, query_labels, item_labels, k, rows):
    trouvees = 0
    for i in range(len(rows)):
        meilleurs = scores[i].argsort(descending=True)[:k]
        if query_labels[i] in item_labels[meilleurs]:
            trouvees += 1
    return trouvees / len(rows)


# %% zero_shot
def zero_shot(images, phrases):
    c = torch.nn.functional.normalize(phrases.mean(dim=1), dim=1)
    return (images @ c.T).argmax(dim=1) + 1
