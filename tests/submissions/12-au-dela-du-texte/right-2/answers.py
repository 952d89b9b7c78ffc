# %% encode_phrases
def encode_phrases(phrases, stoi, length):
    table = np.zeros((len(phrases), length), dtype=np.int32)
    for i, phrase in enumerate(phrases):
        j = 0
        for symbole in phrase:
            if j == length:
                break
            if stoi.get(symbole):
                table[i, j] = stoi[symbole]
                j += 1
    return table

# %% TextTower
class TextTower(torch.nn.Module):
    def __init__(self, n_symbols, d=16, e=16, h=64):
        super().__init__()
        self.n_symbols = n_symbols
        self.C = torch.nn.Embedding(n_symbols, e)
        self.hidden, self.out = torch.nn.Linear(e, h), torch.nn.Linear(h, d)

    def forward(self, ids):
        # compter les caractères, puis un produit de matrices
        comptes = torch.nn.functional.one_hot(ids, self.n_symbols).sum(dim=1)[:, 1:].float()
        m = comptes @ self.C.weight[1:] / torch.clamp(comptes.sum(dim=1, keepdim=True), min=1.0)
        y = self.out(self.hidden(m).tanh())
        return y * (y.square().sum(dim=-1, keepdim=True) + 1e-12).rsqrt()

# %% ImageTower
class ImageTower(torch.nn.Module):
    def __init__(self, n_pixels=64, d=16, h=64):
        super().__init__()
        for nom, tailles in (("hidden", (n_pixels, h)), ("out", (h, d))):
            self.add_module(nom, torch.nn.Linear(*tailles))
            torch.nn.init.xavier_uniform_(getattr(self, nom).weight)

    def forward(self, x):
        a = x.float() @ self.hidden.weight.mT + self.hidden.bias
        e = torch.exp(-2 * a)
        y = torch.einsum("bh,dh->bd", (1 - e) / (1 + e), self.out.weight) + self.out.bias
        return y / (y.norm(dim=1, keepdim=True) + 1e-9)

# %% similarity
def similarity(images, texts, temperature=0.1):
    produits = images @ texts.T
    longueurs = images.norm(dim=1)[:, None] * texts.norm(dim=1)[None, :]
    return produits / (temperature * longueurs)

# %% positive_targets
def positive_targets(labels):
    codes = torch.nn.functional.one_hot(torch.unique(labels, return_inverse=True)[1]).double()
    return codes / codes.sum(dim=0) @ codes.T

# %% contrastive_loss
def contrastive_loss(scores, targets):
    F = torch.nn.functional
    return 0.5 * (F.cross_entropy(scores, targets) + F.cross_entropy(scores.T, targets.T))

# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    optimiseurs = [torch.optim.SGD(tour.parameters(), lr=lr) for tour in (image_tower, text_tower)]
    x, t, y = images[train], ids[train], labels[train]
    n = min(batch_size, len(train))
    pertes = torch.zeros(steps)
    for k in range(steps):
        # les n plus grands de nombres tirés au sort : un choix sans remise
        choix = torch.rand(len(train), generator=generator).topk(n).indices
        perte = loss(image_tower(x[choix]), text_tower(t[choix]), y[choix])
        for o in optimiseurs:
            o.zero_grad()
        perte.backward()
        for o in optimiseurs:
            o.step()
        pertes[k] = perte.detach()
    return pertes

# %% recall_at_k
def recall_at_k(scores, query_labels, item_labels, k, rows):
    s, q, o, r = (np.asarray(a) for a in (scores, query_labels, item_labels, rows))
    meilleurs = np.argsort(-s[r], axis=1)[:, :k]
    return np.mean(np.any(o[meilleurs] == q[r, None], axis=1))

# %% zero_shot
def zero_shot(images, phrases):
    somme = phrases.sum(dim=1)  # de même direction que la moyenne
    c = somme / somme.norm(dim=1, keepdim=True)
    return torch.cdist(images, c).argmin(dim=1)
