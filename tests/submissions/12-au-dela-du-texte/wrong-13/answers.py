# %% TextTower
class TextTower(torch.nn.Module):
    def __init__(self, n_symbols, d=16, e=16, h=64):
        super().__init__()
        self.C = torch.nn.Embedding(n_symbols, e)
        self.hidden = torch.nn.Linear(e, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, ids):
        garde = (ids != 0).unsqueeze(-1)
        m = (self.C(ids) * garde).sum(dim=1) / garde.sum()
        y = self.out(torch.tanh(self.hidden(m)))
        return torch.nn.functional.normalize(y, dim=1)


# %% ImageTower
class ImageTower(torch.nn.Module):
    def __init__(self, n_pixels=64, d=16, h=64):
        super().__init__()
        self.hidden = torch.nn.Linear(n_pixels, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, x):
        for couche in (self.hidden, self.out):
            x = torch.tanh(couche(x))
        return x / x.norm(dim=1, keepdim=True)


# %% similarity
def similarity(images, texts, temperature=0.1):
    u = images / images.norm(dim=1, keepdim=True)
    v = texts / texts.norm(dim=1, keepdim=True)
    return u @ v.T / 0.1


# %% contrastive_loss
def contrastive_loss(scores, targets):
    a = (targets * scores.log_softmax(dim=1)).sum(dim=1).mean()
    b = (targets * scores.log_softmax(dim=0)).sum(dim=0).mean()
    return (a + b) / 2


# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    optimizer = torch.optim.SGD(list(image_tower.parameters()) + list(text_tower.parameters()), lr=lr, momentum=0.9)
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
    meilleurs = torch.topk(scores[rows], min(k, scores.shape[1]), dim=1).indices
    trouve = (item_labels[meilleurs] == query_labels[rows].unsqueeze(1)).any(dim=1)
    return 100 * trouve.float().mean().item()
