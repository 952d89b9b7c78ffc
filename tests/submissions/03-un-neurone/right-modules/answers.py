# %% one_hot
def one_hot(ids, V):
    return torch.nn.Embedding.from_pretrained(torch.eye(V))(ids)

# %% neuron
def neuron(x, w, b):
    couche = torch.nn.Linear(x.shape[1], 1)
    with torch.no_grad():
        couche.weight.copy_(w[None])
        couche.bias.fill_(float(b))
        return couche(x).flatten()

# %% softmax
def softmax(z, dim=-1):
    return torch.nn.Softmax(dim=dim)(z)

# %% cross_entropy
critere = torch.nn.CrossEntropyLoss()

def cross_entropy(z, y):
    return critere(z, y)

# %% grad_logits
def grad_logits(z, y):
    with torch.enable_grad():
        g = torch.nn.Softmax(dim=1)(z).scatter_add(1, y[:, None], -torch.ones(len(y), 1, dtype=z.dtype))
    return g.div(len(y))

# %% bigram_gradient
def bigram_gradient(W, X, Y):
    erreurs = grad_logits(F.embedding(X, W), Y)
    return torch.sparse_coo_tensor(X[None], erreurs, W.shape).to_dense()

# %% + after bigram_gradient
class Bigramme(torch.nn.Module):
    def __init__(self, W0):
        super().__init__()
        self.table = torch.nn.Embedding(*W0.shape)
        with torch.no_grad():
            self.table.weight.copy_(W0)

    def forward(self, X):
        return self.table(X)

# %% train_bigram
def train_bigram(X, Y, W0, steps, lr):
    modele = Bigramme(W0)
    optim = torch.optim.SGD(modele.parameters(), lr)
    historique = []
    for pas in range(steps):
        perte = critere(modele(X), Y)
        historique += [perte.item()]
        optim.zero_grad(set_to_none=True)
        perte.backward()
        optim.step()
    return modele.table.weight.detach(), historique
