# %% embed
def embed(C, X):
    return torch.vmap(lambda contexte: F.embedding(contexte, C).reshape(-1))(X)

# %% mlp_parameters
def mlp_parameters(symbols, context, embedding, hidden):
    modele = torch.nn.Sequential(torch.nn.Embedding(symbols, embedding), torch.nn.Linear(context * embedding, hidden), torch.nn.Linear(hidden, symbols))
    return sum(p.numel() for p in modele.parameters())

# %% init_mlp
from collections import OrderedDict

def init_mlp(symbols, context=3, embedding=10, hidden=200, generator=None):
    nombres = torch.randn(symbols * embedding + context * embedding * hidden + hidden * symbols, generator=generator)
    C, W1, W2 = nombres.split([symbols * embedding, context * embedding * hidden, hidden * symbols])
    return OrderedDict(
        C=C.reshape(symbols, embedding).clone(),
        W1=W1.reshape(context * embedding, hidden).div(math.sqrt(context * embedding)),
        W2=W2.reshape(hidden, symbols).mul(0.01),
        b1=torch.zeros((hidden,)),
        b2=torch.zeros((symbols,)),
    )

# %% n_params
def n_params(params):
    return len(torch.cat([t.reshape(-1) for t in params.values()])) if params else 0

# %% forward
def forward(params, X):
    h = torch.tanh(F.linear(embed(params["C"], X), params["W1"].t(), params["b1"]))
    return F.linear(h, params["W2"].t(), params["b2"])

# %% mlp_loss
def mlp_loss(params, X, Y):
    log_p = F.log_softmax(forward(params, X), dim=-1)
    return -(log_p * F.one_hot(Y, log_p.shape[1])).sum(dim=1).mean()

# %% mlp_gradients
def mlp_gradients(params, X, Y):
    return torch.func.grad(mlp_loss)({nom: t.detach() for nom, t in params.items()}, X, Y)

# %% train_steps
def train_steps(params, X, Y, batches, lr):
    def un_pas(p, lot):
        g, perte = torch.func.grad_and_value(mlp_loss)(p, X[lot], Y[lot])
        return {nom: p[nom] - lr * g[nom] for nom in p}, perte

    pertes = []
    for lot in batches:
        params, perte = un_pas(params, lot)
        pertes.append(perte)
    return params, pertes
