# %% encode_phrases
def encode_phrases(phrases, stoi, length):
    table = []
    for phrase in phrases:
        ligne = []
        for c in phrase:
            if c in stoi:
                ligne.insert(0, stoi[c])
        table.append((ligne + [0] * length)[:length])
    return torch.tensor(table)


# %% TextTower
class TextTower(torch.nn.Module):
    def __init__(self, n_symbols, d=16, e=16, h=64):
        super().__init__()
        self.C = torch.nn.Embedding(n_symbols, e)
        self.hidden = torch.nn.Linear(e, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, ids):
        garde = (ids != 0).unsqueeze(-1)
        m = (self.C(ids) * garde).sum(dim=1)
        y = self.out(torch.tanh(self.hidden(m)))
        return y / y.norm(dim=1, keepdim=True)


# %% ImageTower
class ImageTower(torch.nn.Module):
    def __init__(self, n_pixels=64, d=16, h=64):
        super().__init__()
        self.hidden = torch.nn.Linear(n_pixels, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, x):
        y = self.out(torch.tanh(self.hidden(x))).detach().numpy()
        return torch.from_numpy(y / np.linalg.norm(y, axis=1, keepdims=True))


# %% similarity
def similarity(images, texts, temperature=0.1):
    images = images / images.norm(dim=1, keepdim=True)
    return images @ texts.T / temperature


# %% positive_targets
def positive_targets(labels):
    autres = (labels[:, None] != labels[None, :]).float()
    return autres / autres.sum(dim=1, keepdim=True)


# %% contrastive_loss
def contrastive_loss(scores, targets):
    images = -(targets * torch.log_softmax(scores, dim=1)).sum()
    textes = -(targets * torch.log_softmax(scores, dim=0)).sum()
    return (images + textes) / 2


# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    optimizer = torch.optim.SGD(text_tower.parameters(), lr=lr)
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
    best = scores[rows].argsort(dim=1, descending=True)[:, :k + 1]
    return (item_labels[best] == query_labels[rows][:, None]).any(dim=1).float().mean().item()


# %% zero_shot
def zero_shot(images, phrases):
    classes = torch.zeros(len(phrases), phrases.shape[2])
    for k in range(phrases.shape[0]):
        for p in range(phrases.shape[1]):
            classes[k] = phrases[k, p] / phrases[k, p].norm()
    return (images @ classes.T).argmax(dim=1)
