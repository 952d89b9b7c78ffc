# %% windows
def windows(names, stoi, k):
    X, Y = [], []
    context = [0] * k
    for name in names:
        for ch in name + '.':
            X.append(context)
            Y.append(stoi[ch])
            context = context[1:] + [stoi[ch]]
    return torch.tensor(X), torch.tensor(Y)

# %% ngram_counts
def ngram_counts(names, stoi, k):
    X, Y = windows(names, stoi, k)
    counts = {}
    for context, j in zip(X.tolist(), Y.tolist()):
        row = counts.setdefault(tuple(context), [0] * len(stoi))
        row[j] += 1
    return {context: torch.tensor(row) for context, row in counts.items()}

# %% ngram_nll
def ngram_nll(counts, names, stoi, k, alpha):
    X, Y = windows(names, stoi, k)
    V = len(stoi)
    logs = [ngram_probability(counts, tuple(c), V, alpha)[j].log() for c, j in zip(X.tolist(), Y.tolist())]
    return -torch.stack(logs).mean().item()

# %% split_names
def split_names(names, seed, fractions=(0.8, 0.1, 0.1)):
    uniques = sorted(set(names))
    random.Random(42).shuffle(uniques)
    a = round(fractions[0] * len(uniques))
    b = a + round(fractions[2] * len(uniques))
    wanted = [set(uniques[:a]), set(uniques[a:b]), set(uniques[b:])]
    return tuple([name for name in names if name in part] for part in wanted)

# %% choose_alpha
def choose_alpha(train, val, k, grid):
    def compter(liste, stoi):
        table = {}
        for nom in liste:
            ctx = (0,) * k
            for c in nom + ".":
                if ctx not in table:
                    table[ctx] = [0] * len(stoi)
                table[ctx][stoi[c]] += 1
                ctx = ctx[1:] + (stoi[c],)
        return table

    def note(table, liste, stoi, a):
        total, n = 0.0, 0
        for nom in liste:
            ctx = (0,) * k
            for c in nom + ".":
                ligne = table.get(ctx, [0] * len(stoi))
                total -= math.log((ligne[stoi[c]] + a) / (sum(ligne) + a * len(stoi)))
                n += 1
                ctx = ctx[1:] + (stoi[c],)
        return total / n

    # stoi is already there, from the top of the notebook
    table = compter(train, stoi)
    return min(grid, key=lambda a: note(table, val, stoi, a))
