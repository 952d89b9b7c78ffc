# %% build_vocabulary
def build_vocabulary(names: list[str]) -> tuple[list[str], dict[str, int]]:
    stoi = {".": 0}
    for letter in sorted(set().union(*names)):
        stoi[letter] = len(stoi)
    return list(stoi), stoi

# %% count_bigrams
def count_bigrams(names, stoi):
    # two one-hot matrices multiplied
    V = len(stoi)
    current, following = [], []
    for name in names:
        ids = [stoi[c] for c in name]
        current += [0] + ids
        following += ids + [0]
    eye = torch.eye(V)
    return (eye[torch.tensor(current, dtype=torch.long)].T @ eye[torch.tensor(following, dtype=torch.long)]).long()

# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    P = torch.empty(counts.shape, requires_grad=False)
    for i, row in enumerate(counts):
        row = row.float().clone()
        row += alpha
        P[i] = row / row.sum()
    return torch.nan_to_num(P, nan=1 / P.shape[1])

# %% sample_ids
import random as alea


def sample_ids(P, n, generator=None, max_len=None):
    # Python's own generator, seeded by one draw of the generator received
    tirage = alea.Random(torch.randint(2**60, (1,), generator=generator).item())
    symboles = list(range(len(P)))
    table = torch.as_tensor(P).tolist()

    def un_prenom():
        i = tirage.choices(symboles, weights=table[0])[0]
        while i != 0:
            yield i
            i = tirage.choices(symboles, weights=table[i])[0]

    prenoms = []
    for _ in range(n):
        ids = []
        for i in un_prenom():
            if max_len is not None and len(ids) >= max_len:
                break
            ids.append(i)
        prenoms.append(ids)
    return prenoms

# %% + after sample_ids
# un petit essai à moi
print(sample_ids(torch.tensor([[0.0, 1.0], [0.5, 0.5]]), 3))

# %% decode
def decode(ids, itos):
    if len(ids) == 0:
        return ""
    return itos[ids[0]] + decode(ids[1:], itos)

# %% log_probability
def log_probability(name, P, stoi):
    if name == "":
        return torch.log(torch.as_tensor(P[0][0])).item()
    steps = [P[0][stoi[name[0]]]]
    for position in range(1, len(name)):
        steps.append(P[stoi[name[position - 1]]][stoi[name[position]]])
    steps.append(P[stoi[name[-1]]][0])
    return sum(math.log(p) if p > 0 else -math.inf for p in steps)

# %% mean_nll
def mean_nll(names, P, stoi):
    lengths = np.array([len(name) + 1 for name in names])
    means = np.array([-float(log_probability(name, P, stoi)) / (len(name) + 1) for name in names])
    return float(np.average(means, weights=lengths))

# %% perplexity
def perplexity(nll):
    return pow(math.exp(1), nll)
