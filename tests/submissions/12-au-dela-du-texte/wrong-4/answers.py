# %% encode_phrases
def encode_phrases(phrases, stoi, length):
    ids = np.zeros((len(phrases), length), dtype=int)
    for i, phrase in enumerate(phrases):
        for j, c in enumerate(phrase[:length]):
            ids[i, j] = stoi[c]
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
        m = (self.C(ids) * garde).sum(dim=1) / garde.sum(dim=1).clamp(min=1)
        y = self.out(torch.tanh(self.hidden(m)))
        return torch.nn.functional.normalize(y, dim=0)

# %% ImageTower
class ImageTower(torch.nn.Module):
    def __init__(self, n_pixels=64, d=16, h=64):
        super().__init__()
        self.hidden = torch.nn.Linear(n_pixels, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, x):
        y = self.out(torch.relu(self.hidden(x)))
        return y / y.norm(dim=-1, keepdim=True)

# %% similarity
def similarity(images, texts, temperature=0.1):
    u = torch.nn.functional.normalize(images, dim=0)
    v = torch.nn.functional.normalize(texts, dim=0)
    return u @ v.T / temperature

# %% positive_targets
def positive_targets(labels):
    same = labels.unsqueeze(0) == labels.unsqueeze(1)
    return torch.softmax(same.float(), dim=1)

# %% contrastive_loss
def contrastive_loss(scores, targets):
    a = -(targets * torch.log(torch.softmax(scores, dim=1))).sum(dim=1).mean()
    b = -(targets * torch.log(torch.softmax(scores, dim=0))).sum(dim=0).mean()
    return a + b

# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    parametres = [*image_tower.parameters(), *text_tower.parameters()]
    losses = []
    for _ in range(steps):
        rows = torch.randperm(len(train), generator=generator)[:batch_size]
        value = loss(image_tower(images[rows]), text_tower(ids[rows]), labels[rows])
        grads = torch.autograd.grad(value, parametres)
        with torch.no_grad():
            for p, g in zip(parametres, grads):
                p -= lr * g
        losses.append(value.item())
    return losses

# %% recall_at_k
def recall_at_k(scores, query_labels, item_labels, k, rows):
    best = scores[rows].topk(min(k, scores.shape[1]), dim=1).indices
    return (item_labels[best] == query_labels[rows][:, None]).float().mean().item()

# %% zero_shot
def zero_shot(images, phrases):
    K, P, d = phrases.shape
    z = images @ phrases.reshape(K * P, d).T
    return z.argmax(dim=1) // P
