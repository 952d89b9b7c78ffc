# %% embed
def embed(C, X):
    return torch.nn.Embedding.from_pretrained(C, freeze=False)(X).flatten(start_dim=1) if not C.requires_grad else F.embedding(X, C).flatten(start_dim=1)

# %% mlp_parameters
def mlp_parameters(symbols, context, embedding, hidden):
    table = symbols * embedding
    cachee = (context * embedding + 1) * hidden
    sortie = (hidden + 1) * symbols
    return table + cachee + sortie

# %% init_mlp
def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    params = torch.nn.ParameterDict({
        "C": torch.nn.Parameter(torch.empty(symbols, embedding)),
        "W1": torch.nn.Parameter(torch.empty(context * embedding, hidden)),
        "b1": torch.nn.Parameter(torch.zeros(hidden)),
        "W2": torch.nn.Parameter(torch.empty(hidden, symbols)),
        "b2": torch.nn.Parameter(torch.zeros(symbols)),
    })
    for nom, std in (("C", 1.0), ("W1", (context * embedding) ** -0.5), ("W2", 0.01)):
        torch.nn.init.normal_(params[nom], std=std, generator=generator)
    return dict(params)

# %% n_params
def n_params(params):
    return sum(torch.numel(p) for p in params.values())

# %% forward
class Modele(torch.nn.Module):
    def __init__(self, params):
        super().__init__()
        self.p = params

    def forward(self, X):
        h = F.linear(embed(self.p["C"], X), self.p["W1"].T, self.p["b1"]).tanh()
        return F.linear(h, self.p["W2"].T, self.p["b2"])

def forward(params, X):
    return Modele(params)(X)

# %% mlp_loss
def mlp_loss(params, X, Y):
    return torch.nn.CrossEntropyLoss()(Modele(params)(X), Y)

# %% mlp_gradients
def mlp_gradients(params, X, Y):
    modele = Modele(torch.nn.ParameterDict({nom: torch.nn.Parameter(p.detach().clone()) for nom, p in params.items()}))
    mlp_loss(modele.p, X, Y).backward()
    return {nom: modele.p[nom].grad for nom in params}

# %% train_steps
def train_steps(params, X, Y, batches, lr):
    poids = torch.nn.ParameterDict({nom: torch.nn.Parameter(p.detach().clone()) for nom, p in params.items()})
    sgd = torch.optim.SGD(poids.values(), lr=lr)
    losses = []
    for lot in batches:
        sgd.zero_grad()
        perte = mlp_loss(poids, X[lot], Y[lot])
        perte.backward()
        sgd.step()
        losses.append(perte.item())
    return dict(poids), losses
