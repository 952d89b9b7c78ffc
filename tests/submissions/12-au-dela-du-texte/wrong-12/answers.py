# %% encode_phrases
def encode_phrases(phrases, stoi, length):
    ids = torch.zeros((len(phrases), length), dtype=torch.long)
    for i, phrase in enumerate(phrases):
        numeros = [stoi[c] - 1 for c in phrase if c in stoi]
        for j, numero in enumerate(numeros[:length]):
            ids[i, j] = numero
    return ids


# %% TextTower
class TextTower(torch.nn.Module):
    def __init__(self, n_symbols, d=16, e=16, h=64):
        super().__init__()
        self.C = torch.nn.Embedding(n_symbols, e)
        self.hidden = torch.nn.Linear(e, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, ids):
        vecteurs = self.C(ids).masked_fill((ids == 0).unsqueeze(-1), -1e9)
        m = vecteurs.max(dim=1).values
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
        return torch.softmax(y, dim=1)


# %% similarity
def similarity(images, texts, temperature=0.1):
    u = torch.nn.functional.normalize(images, dim=1)
    v = torch.nn.functional.normalize(texts, dim=1)
    return (1 - u @ v.T) / temperature


# %% contrastive_loss
def contrastive_loss(scores, targets):
    a = torch.nn.functional.cross_entropy(torch.softmax(scores, dim=1), targets)
    b = torch.nn.functional.cross_entropy(torch.softmax(scores.T, dim=1), targets.T)
    return (a + b) / 2


# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    optimizer = torch.optim.SGD(list(image_tower.parameters()) + list(text_tower.parameters()), lr=0.5)
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
    trouvees = 0
    for i in rows:
        meilleurs = scores[i].argsort(descending=True)[:k]
        if (item_labels[meilleurs] == query_labels[i]).any():
            trouvees += 1
    return trouvees
