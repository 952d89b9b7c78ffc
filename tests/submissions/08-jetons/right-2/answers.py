# %% to_bytes
def to_bytes(text):
    ids = []
    for c in text:
        ids.extend(c.encode())
    return ids

# %% count_pairs
from collections import defaultdict

def count_pairs(words, weights):
    c = defaultdict(int)
    for m, n in zip(words, weights):
        avant = None
        for t in m:
            if avant is not None:
                c[(avant, t)] += n
            avant = t
    return dict(c)

# %% merge_pair
def merge_pair(ids, pair, new_id):
    if len(ids) < 2:
        return ids[:]
    if ids[0] == pair[0] and ids[1] == pair[1]:
        return [new_id] + merge_pair(ids[2:], pair, new_id)
    return ids[:1] + merge_pair(ids[1:], pair, new_id)

# %% train_bpe
def compter(mots, poids):
    c = Counter()
    for mot, n in zip(mots, poids):
        for a, b in zip(mot, mot[1:]):
            c[a, b] += n
    return c

def fondre(ids, paire, nouveau):
    out, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and (ids[i], ids[i + 1]) == paire:
            out.append(nouveau)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out

def train_bpe(words, n_merges):
    mots = [list(m.encode()) for m in words]
    poids = list(words.values())
    c = compter(mots, poids)
    fusions = []
    for i in range(n_merges):
        restes = [q for q in c if c[q] > 0]
        if not restes:
            break
        p = min(restes, key=lambda q: (-c[q], q[0], q[1]))
        for k, m in enumerate(mots):
            nouveau = fondre(m, p, 256 + i)
            if nouveau != m:
                for q in zip(m, m[1:]):
                    c[q] -= poids[k]
                for q in zip(nouveau, nouveau[1:]):
                    c[q] += poids[k]
                mots[k] = nouveau
        fusions.append([p[0], p[1]])
    return fusions

# %% encode_word
def fondre(ids, paire, nouveau):
    out, i = [], 0
    while i < len(ids):
        if i + 1 < len(ids) and (ids[i], ids[i + 1]) == paire:
            out.append(nouveau)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out

def encode_word(word, merges):
    ids, i = [*word.encode("utf8")], 0
    for gauche, droite in merges:
        j = 0
        while j < len(ids) - 1:
            if ids[j] == gauche and ids[j + 1] == droite:
                ids = ids[:j] + [256 + i] + ids[j + 2:]
            j += 1
        i += 1
    return ids

# %% token_bytes
def token_bytes(merges):
    table = {t: (t,) for t in range(256)}
    for i, (a, b) in enumerate(merges):
        table[256 + i] = table[a] + table[b]
    return [table[t] for t in sorted(table)]

# %% decode_tokens
def decode_tokens(ids, merges):
    pile, octets = list(reversed(ids)), bytearray()
    while pile:
        t = pile.pop()
        if t < 256:
            octets.append(t)
        else:
            a, b = merges[t - 256]
            pile += [b, a]
    return str(octets, "utf-8", "replace")

# %% split_specials
def split_specials(text, specials):
    out, debut = [], 0
    if specials:
        motif = "|".join(re.escape(n) for n in sorted(specials, key=len, reverse=True))
        for trouve in re.finditer(motif, text):
            if trouve.start() > debut:
                out.append(text[debut:trouve.start()])
            out.append(specials[trouve.group()])
            debut = trouve.end()
    if debut < len(text):
        out.append(text[debut:])
    return out

# %% nll_per_character
def nll_per_character(train, val, n_characters, end, alpha=0.1):
    N = torch.zeros(end + 1, end + 1, dtype=torch.float64)
    for ids in train:
        for a, b in zip([end] + ids, ids + [end]):
            N[a, b] += 1
    P = (N + alpha) / (N + alpha).sum(1, keepdim=True)
    a = torch.tensor([x for ids in val for x in [end] + ids])
    b = torch.tensor([x for ids in val for x in ids + [end]])
    return -P[a, b].log().sum() / n_characters
