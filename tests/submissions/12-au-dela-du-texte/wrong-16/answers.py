# %% TextTower
class TextTower(torch.nn.Module):
    def __init__(self, n_symbols, d=16, e=16, h=64):
        super().__init__()
        self.C = torch.nn.Embedding(n_symbols, e)
        self.hidden = torch.nn.Linear(e, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, ids):
        x = ids[:, :-1]
        garde = (x != 0).unsqueeze(-1)
        m = (self.C(x) * garde).sum(dim=1) / garde.sum(dim=1).clamp(min=1)
        y = self.out(torch.tanh(self.hidden(m)))
        return y / y.norm(dim=1, keepdim=True)


# %% contrastive_loss
def contrastive_loss(scores, targets):
    z, T = scores.detach().numpy().astype(float), targets.numpy()

    def log_softmax(z, axe):
        z = z - z.max(axis=axe, keepdims=True)
        return z - np.log(np.exp(z).sum(axis=axe, keepdims=True))

    perte = -(T * log_softmax(z, 1)).sum(axis=1).mean() - (T * log_softmax(z, 0)).sum(axis=0).mean()
    return torch.tensor(perte / 2)


# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    optimizer = torch.optim.SGD([*image_tower.parameters(), *text_tower.parameters()], lr=lr)
    losses = []
    for _ in range(steps):
        value = loss(image_tower(images[train]), text_tower(ids[train]), labels[train])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses
