# %% try_learning_rates
def try_learning_rates(params, train, val, batches, rates):
    pertes = []
    for lr in sorted(rates):
        p, _ = train_steps(params, *train, batches, lr)
        pertes.append(mlp_loss(p, *val).item())
    return pertes


# %% sample_from_mlp
def sample_from_mlp(params, itos, n, generator=None, max_len=None):
    k = params["W1"].shape[0] // params["C"].shape[1]
    out = []
    ctx = [0] * k
    for _ in range(n):
        nom = ""
        while max_len is None or len(nom) < max_len:
            p = forward(params, torch.tensor([ctx])).softmax(1)
            i = torch.multinomial(p, 1, generator=generator).item()
            ctx = ctx[1:] + [i]
            if i == 0:
                break
            nom += itos[i]
        out.append(nom)
    return out


# %% load_weights
import pickle
def load_weights(path):
    with open(path, "rb") as f:
        return {n: torch.tensor(v) for n, v in pickle.load(f).items()}

def save_weights(params, path):
    with open(path, "wb") as f:
        pickle.dump({n: t.tolist() for n, t in params.items()}, f)
