# %% TextTower
class TextTower(torch.nn.Module):
    def __init__(self, n_symbols, d=16, e=16, h=64):
        super().__init__()
        self.C = torch.nn.Embedding(n_symbols, e)
        self.hidden = torch.nn.Linear(e, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, ids):
        x = ids[:, 1:]  # sans le remplissage
        garde = (x != 0).unsqueeze(-1)
        m = (self.C(x) * garde).sum(dim=1) / garde.sum(dim=1).clamp(min=1)
        y = self.out(torch.tanh(self.hidden(m)))
        return y / y.norm(dim=1, keepdim=True)


# %% similarity
def similarity(images, texts, temperature=0.1):
    u = torch.nn.functional.normalize(images, dim=1) / temperature
    v = torch.nn.functional.normalize(texts, dim=1) / temperature
    return u @ v.T


# %% contrastive_loss
def contrastive_loss(scores, targets):
    a = -(targets * torch.log2(torch.softmax(scores, dim=1))).sum(dim=1).mean()
    b = -(targets * torch.log2(torch.softmax(scores, dim=0))).sum(dim=0).mean()
    return (a + b) / 2


# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    optimizer = torch.optim.SGD(list(image_tower.parameters()) + list(text_tower.parameters()), lr=lr)
    losses = []
    for _ in range(steps):
        rows = train[torch.randperm(len(train), generator=generator)[:batch_size]]
        value = loss(image_tower(images[rows]), text_tower(ids[rows]), labels[rows])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        with torch.no_grad():
            losses.append(loss(image_tower(images[rows]), text_tower(ids[rows]), labels[rows]).item())
    return losses


# %% recall_at_k
def recall_at_k(scores, query_labels, item_labels, k, rows):
    meilleurs = torch.topk(scores[rows], min(k, scores.shape[1]), dim=1).indices
    trouve = (item_labels[meilleurs] == query_labels[rows].unsqueeze(1)).any(dim=1)
    return trouve.sum().item() / len(scores)
