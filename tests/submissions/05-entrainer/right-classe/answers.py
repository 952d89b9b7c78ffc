# %% minibatches
def minibatches(n, batch_size, generator=None):
    ordre = torch.argsort(torch.rand(n, generator=generator, dtype=torch.float64))
    return [ordre[debut : debut + batch_size] for debut in range(0, n, batch_size)]

# %% evaluate
def evaluate(params, X, Y, batch_size=4096):
    somme = 0.0
    with torch.no_grad():
        for debut in range(0, len(Y), batch_size):
            x, y = X[debut : debut + batch_size], Y[debut : debut + batch_size]
            somme += F.cross_entropy(forward(params, x), y, reduction="sum").item()
    return somme / len(Y)

# %% try_learning_rates
class Entraineur:
    """Des poids, et de quoi leur faire faire des pas."""

    def __init__(self, params, lr):
        self.poids = torch.nn.ParameterDict({nom: torch.nn.Parameter(p.detach().clone()) for nom, p in params.items()})
        self.optim = torch.optim.SGD(self.poids.parameters(), lr=lr)

    def pas(self, X, Y):
        self.optim.zero_grad()
        perte = mlp_loss(self.poids, X, Y)
        perte.backward()
        self.optim.step()

    def photo(self):
        return {nom: p.detach().clone() for nom, p in self.poids.items()}

def try_learning_rates(params, train, val, batches, rates):
    notes = []
    for lr in rates:
        entraineur = Entraineur(params, lr)
        for lot in batches:
            entraineur.pas(train[0][lot], train[1][lot])
        notes.append(evaluate(entraineur.photo(), *val))
    return notes

# %% train_model
def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    entraineur = Entraineur(params, lr)
    courbe_train, courbe_val, photos = [], [], []
    for _ in range(epochs):
        for lot in minibatches(len(train[1]), batch_size, generator):
            entraineur.pas(train[0][lot], train[1][lot])
        photos.append(entraineur.photo())
        courbe_train.append(evaluate(photos[-1], *train))
        courbe_val.append(evaluate(photos[-1], *val))
    return photos[courbe_val.index(min(courbe_val))], courbe_train, courbe_val

# %% best_epoch
def best_epoch(val_losses, patience):
    meilleure = 0
    for e, perte in enumerate(val_losses):
        if perte < val_losses[meilleure]:
            meilleure = e
        elif e - meilleure >= patience:
            return meilleure
    return meilleure

# %% select_model
def select_model(candidates, val, test):
    import pandas as pd

    notes = pd.Series({nom: evaluate(poids, *val) for nom, poids in candidates.items()})
    gagnant = notes.dropna().idxmin()
    return gagnant, evaluate(candidates[gagnant], *test)

# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    from collections import deque

    k = len(params["W1"]) // params["C"].shape[1]
    prenoms = []
    with torch.no_grad():
        while len(prenoms) < n:
            contexte, prenom = deque([0] * k, maxlen=k), ""
            while max_len is None or len(prenom) < max_len:
                p = torch.softmax(forward(params, torch.tensor([list(contexte)]))[0], 0)
                i = int((torch.rand(1, generator=generator) > p.cumsum(0)).sum().clamp(max=len(p) - 1))
                if itos[i] == ".":
                    break
                prenom += itos[i]
                contexte.append(i)
            prenoms.append(prenom)
    return prenoms

# %% load_weights
def load_weights(path):
    return torch.load(path, weights_only=True, map_location="cpu")

def save_weights(params, path):
    with open(path, "wb") as fichier:
        torch.save({nom: p for nom, p in params.items()}, fichier)
