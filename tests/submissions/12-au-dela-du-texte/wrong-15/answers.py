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
        return y / torch.sqrt((y**2).sum())


# %% contrastive_loss
def contrastive_loss(scores, targets):
    a = -(targets * scores).sum(dim=1).mean()
    b = -(targets * scores).sum(dim=0).mean()
    return (a + b) / 2


# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    optimizer = torch.optim.SGD(list(image_tower.parameters()) + list(text_tower.parameters()), lr=lr)
    losses = []
    for _ in range(steps):
        rows = train[torch.randint(len(train), (min(batch_size, len(train)),), generator=generator)]
        value = loss(image_tower(images[rows]), text_tower(ids[rows]), labels[rows])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses


# %% recall_at_k
def recall_at_k(scores, query_labels, item_labels, k, rows):
    meilleurs = scores[rows].argsort(dim=1, descending=True)[:, :k]
    return (item_labels[meilleurs] != query_labels[rows, None]).all(dim=1).float().mean().item()
