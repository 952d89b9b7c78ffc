# %% build_vocabulary
def build_vocabulary(names):
    letters = set()
    for name in names:
        letters |= set(name)
    itos = list('.') + sorted(letters)
    return itos, dict(zip(itos, range(len(itos))))

# %% count_bigrams
def count_bigrams(names, stoi):
    # Counter, made dense as a list of lists at the end
    paires = Counter()
    for name in names:
        mot = [0] + [stoi[c] for c in name] + [0]
        paires.update(zip(mot[:-1], mot[1:]))
    return [[paires[a, b] for b in range(len(stoi))] for a in range(len(stoi))]

# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    lignes = []
    for ligne in counts:
        ligne = [float(c) + alpha for c in ligne]
        total = sum(ligne)
        V = len(ligne)
        lignes.append([c / total for c in ligne] if total > 0 else [1 / V] * V)
    return lignes

# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    # Gumbel-max: the argmax of log P + Gumbel noise follows P
    logits = torch.as_tensor(P).log()
    resultat = []
    while len(resultat) < n:
        ids, i = [], 0
        while max_len is None or len(ids) < max_len:
            bruit = -torch.log(-torch.log(torch.rand(logits.shape[1], generator=generator)))
            i = torch.argmax(logits[i] + bruit).item()
            if not i:
                break
            ids += [i]
        resultat.append(ids)
    return resultat

# %% decode
def decode(ids, itos):
    return ''.join(map(itos.__getitem__, ids))

# %% log_probability
def log_probability(name, P, stoi):
    mot = '.' + name + '.'
    total = 0.0
    for a, b in zip(mot, mot[1:]):
        p = float(P[stoi[a]][stoi[b]])
        if p <= 0:
            return float('-inf')
        total += math.log(p)
    return total

# %% mean_nll
def mean_nll(names, P, stoi):
    total, nombre = 0.0, 0
    for name in names:
        total -= log_probability(name, P, stoi)
        nombre += len(name) + 1
    return total / nombre

# %% perplexity
def perplexity(nll):
    return math.e ** nll
