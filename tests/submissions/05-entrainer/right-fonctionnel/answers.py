# %% minibatches
from torch.utils.data import DataLoader

def minibatches(n, batch_size, generator=None):
    chargeur = DataLoader(torch.arange(n), batch_size=batch_size, shuffle=True, generator=generator)
    return [lot for lot in chargeur]

# %% evaluate
@torch.no_grad()
def evaluate(params, X, Y, batch_size=4096):
    parts = [(len(y), mlp_loss(params, x, y)) for x, y in zip(X.split(batch_size), Y.split(batch_size))]
    return float(sum(n * perte.double() for n, perte in parts) / sum(n for n, _ in parts))

# %% try_learning_rates
from functools import partial

def _essai(lr, params, train, val, batches):
    return evaluate(train_steps(params, *train, batches, lr)[0], *val)

def try_learning_rates(params, train, val, batches, rates):
    return list(map(partial(_essai, params=params, train=train, val=val, batches=batches), rates))

# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    historique = []
    for e in range(epochs):
        params = train_steps(params, *train, minibatches(len(train[0]), batch_size, generator), lr)[0]
        historique.append((evaluate(params, *val), e, evaluate(params, *train), params))
    val_losses, _, train_losses, _ = zip(*historique)
    return min(historique, key=lambda ligne: ligne[:2])[3], train_losses, val_losses

# %% best_epoch
def best_epoch(val_losses, patience):
    retenue, attente = 0, 0
    for e in range(1, len(val_losses)):
        if attente == patience:
            break
        if val_losses[e] < val_losses[retenue]:
            retenue, attente = e, 0
        else:
            attente += 1
    return retenue

# %% select_model
def select_model(candidates, val, test):
    def cle(nom):
        perte = evaluate(candidates[nom], *val)
        return math.inf if math.isnan(perte) else perte

    nom = min(candidates, key=cle)
    return [nom, evaluate(candidates[nom], *test)]

# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    k = params["W1"].shape[0] // params["C"].shape[1]

    def lettres():
        contexte = torch.zeros(1, k, dtype=torch.long)
        while True:
            g = -torch.log(-torch.log(torch.rand(1, len(itos), generator=generator, dtype=torch.float64)))
            i = (forward(params, contexte).detach().double() + g).argmax(1)
            if not i:
                return
            yield itos[i]
            contexte = torch.cat([contexte, i[None]], 1)[:, -k:]

    import itertools

    return ["".join(itertools.islice(lettres(), max_len)) for _ in range(n)]

# %% load_weights
import io

def load_weights(path):
    contenu = Path(path).read_bytes()
    return torch.load(io.BytesIO(contenu), weights_only=True)

def save_weights(params, path):
    tampon = io.BytesIO()
    torch.save(params, tampon)
    Path(path).write_bytes(tampon.getvalue())
