# %% encode_phrases
def encode_phrases(phrases, stoi, length):
    # des listes suffisent
    return [([stoi[c] for c in p if c in stoi] + [0] * length)[:length] for p in phrases]

# %% TextTower
class TextTower(torch.nn.Module):
    """Phrase par phrase, sans masque : on ne garde que les numéros non nuls."""

    def __init__(self, n_symbols, d=16, e=16, h=64):
        super().__init__()
        self.e = e
        self.C = torch.nn.Embedding(n_symbols, e)
        self.hidden = torch.nn.Linear(e, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, ids):
        vecteurs = []
        for ligne in ids:
            numeros = ligne[ligne > 0]
            m = self.C(numeros).mean(dim=0) if len(numeros) else torch.zeros(self.e)
            y = self.out(torch.tanh(self.hidden(m)))
            vecteurs.append(y / torch.sqrt((y * y).sum()))
        return torch.stack(vecteurs)

# %% ImageTower
class ImageTower(torch.nn.Module):
    def __init__(self, n_pixels=64, d=16, h=64):
        super().__init__()
        self.hidden = torch.nn.Linear(n_pixels, h)
        self.out = torch.nn.Linear(h, d)

    def forward(self, x):
        return torch.stack([y / torch.linalg.norm(y) for y in self.out(torch.tanh(self.hidden(x)))])

# %% similarity
def similarity(images, texts, temperature=0.1):
    lignes = []
    for image in images:
        produits = (texts * image).sum(dim=1)
        longueurs = (texts * texts).sum(dim=1) ** 0.5 * (image * image).sum() ** 0.5
        lignes.append(produits / longueurs / temperature)
    return torch.stack(lignes)

# %% positive_targets
def positive_targets(labels):
    y = labels.tolist()
    return [[1 / y.count(a) if a == b else 0.0 for b in y] for a in y]

# %% contrastive_loss
def contrastive_loss(scores, targets):
    total = 0.0
    B = len(scores)
    for i in range(B):
        ligne = scores[i] - torch.logsumexp(scores[i], dim=0)
        colonne = scores[:, i] - torch.logsumexp(scores[:, i], dim=0)
        total = total - torch.dot(targets[i], ligne) - torch.dot(targets[:, i], colonne)
    return total / (2 * B)

# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    # descente à la main, sans optimiseur
    parametres = list(image_tower.parameters()) + list(text_tower.parameters())
    pertes = []
    for _ in range(steps):
        places = torch.randperm(train.numel(), generator=generator)
        rows = train[places][:batch_size]
        perte = loss(image_tower(images[rows]), text_tower(ids[rows]), labels[rows])
        gradients = torch.autograd.grad(perte, parametres)
        with torch.no_grad():
            for p, g in zip(parametres, gradients):
                p.sub_(lr * g)
        pertes.append(float(perte))
    return pertes

# %% recall_at_k
def recall_at_k(scores, query_labels, item_labels, k, rows):
    trouvees = 0
    for i in rows.tolist():
        ordre = sorted(range(scores.shape[1]), key=lambda j: float(scores[i, j]), reverse=True)
        if any(int(item_labels[j]) == int(query_labels[i]) for j in ordre[:k]):
            trouvees += 1
    return trouvees / len(rows)

# %% zero_shot
def zero_shot(images, phrases):
    classes = []
    for x in images:
        cosinus = [torch.nn.functional.cosine_similarity(x, t.mean(dim=0), dim=0).item() for t in phrases]
        classes.append(max(range(len(cosinus)), key=cosinus.__getitem__))
    return classes
