# %% embed
def embed(C, X):
    B, k = X.shape
    lignes = torch.index_select(C, 0, X.flatten())
    return lignes.view(B, k * C.shape[1])

# %% mlp_parameters
def mlp_parameters(symbols, context, embedding, hidden):
    couches = [symbols * embedding, (context * embedding + 1) * hidden, (hidden + 1) * symbols]
    return sum(couches)

# %% init_mlp
def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    entrees = context * embedding
    params = {}
    params["C"] = torch.empty(symbols, embedding).normal_(0, 1, generator=generator)
    params["W1"] = torch.empty(entrees, hidden).normal_(0, entrees**-0.5, generator=generator)
    params["b1"] = torch.zeros(hidden)
    params["W2"] = torch.empty(hidden, symbols).normal_(0, 0.01, generator=generator)
    params["b2"] = torch.zeros(symbols)
    return params

# %% + after init_mlp
class Modele(torch.nn.Module):
    """Le même modèle, mais comme un module PyTorch."""

    def __init__(self, params):
        super().__init__()
        for nom, p in params.items():
            self.register_parameter(nom, torch.nn.Parameter(p.detach().clone()))

    def forward(self, X):
        h = torch.tanh(embed(self.C, X) @ self.W1 + self.b1)
        return torch.addmm(self.b2, h, self.W2)

    def dictionnaire(self):
        return {nom: p.detach() for nom, p in self.named_parameters()}

# %% n_params
def n_params(params):
    total = 0
    for tensor in params.values():
        taille = 1
        for d in tensor.shape:
            taille *= d
        total += taille
    return total

# %% forward
def forward(params, X):
    modele = Modele(params)
    return torch.func.functional_call(modele, dict(params), (X,))

# %% mlp_loss
def mlp_loss(params, X, Y):
    return torch.nn.CrossEntropyLoss()(forward(params, X), Y)

# %% mlp_gradients
def mlp_gradients(params, X, Y):
    modele = Modele(params)
    torch.nn.CrossEntropyLoss()(modele(X), Y).backward()
    return {nom: p.grad for nom, p in modele.named_parameters()}

# %% train_steps
def train_steps(params, X, Y, batches, lr):
    modele = Modele(params)
    optimiseur = torch.optim.SGD(modele.parameters(), lr=lr)
    pertes = []
    for lot in batches:
        optimiseur.zero_grad()
        perte = torch.nn.CrossEntropyLoss()(modele(X[lot]), Y[lot])
        perte.backward()
        optimiseur.step()
        pertes.append(float(perte))
    return modele.dictionnaire(), pertes
