# %% minibatches
import numpy as np


def minibatches(n, batch_size, generator=None):
    seed = torch.randint(2**31, (1,), generator=generator).item()
    ordre = np.random.default_rng(seed).permutation(n)
    return [ordre[i:i + batch_size] for i in range(0, n, batch_size)]

# %% evaluate
def evaluate(params, X, Y, batch_size=4096):
    import numpy as np
    with torch.inference_mode():
        parts = [F.cross_entropy(forward(params, x), y, reduction="none").numpy() for x, y in zip(X.split(batch_size), Y.split(batch_size))]
    return np.concatenate(parts).mean()  # numpy.float32

# %% try_learning_rates
import copy


def try_learning_rates(params, train, val, batches, rates):
    return np.array([evaluate(train_steps(copy.deepcopy(params), *train, batches, lr)[0], *val) for lr in rates])

# %% train_model
from torch.utils.data import DataLoader, TensorDataset


def train_model(params, train, val, epochs, batch_size, lr, generator=None):
    model = {name: torch.nn.Parameter(weight.clone()) for name, weight in params.items()}
    optimizer = torch.optim.SGD(model.values(), lr=lr)
    loader = DataLoader(TensorDataset(*train), batch_size=batch_size, shuffle=True, generator=generator)
    history = []
    for _ in range(epochs):
        for x, y in loader:
            optimizer.zero_grad()
            F.cross_entropy(forward(model, x), y).backward()
            optimizer.step()
        snapshot = {name: weight.detach().clone() for name, weight in model.items()}
        history.append((evaluate(model, *train), evaluate(model, *val), snapshot))
    best = min(history, key=lambda h: h[1])[2]
    return best, [h[0] for h in history], [h[1] for h in history]

# %% best_epoch
def best_epoch(val_losses, patience):
    val_losses = np.asarray(val_losses)
    best = 0
    while True:
        window = val_losses[best + 1:best + 1 + patience]
        better = np.flatnonzero(window < val_losses[best])
        if len(better) == 0:
            return best
        best = best + 1 + better[0]

# %% select_model
def select_model(candidates, val, test):
    noms = list(candidates)
    pertes = np.array([evaluate(candidates[nom], *val) for nom in noms])
    nom = noms[int(np.nanargmin(pertes))]
    return nom, evaluate(candidates[nom], *test)

# %% sample_from_mlp
@torch.no_grad()
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    k = params["W1"].shape[0] // params["C"].shape[1]

    def un_prenom():
        context = torch.zeros(1, k, dtype=torch.long)
        nom = ""
        while max_len is None or len(nom) < max_len:
            scores = forward(params, context)[0]
            gumbel = -torch.empty(len(scores)).exponential_(generator=generator).log()
            i = (scores + gumbel).argmax()
            if i == 0:
                return nom
            context = torch.cat([context[:, 1:], i.view(1, 1)], dim=1)
            nom = nom + itos[i]
        return nom

    return [un_prenom() for _ in range(n)]

# %% load_weights
from collections import OrderedDict


def save_weights(params, path):
    torch.save(OrderedDict(params), path)


def load_weights(path):
    return dict(torch.load(Path(path), map_location="cpu", weights_only=True))
