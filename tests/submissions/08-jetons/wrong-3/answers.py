# %% to_bytes
def to_bytes(text):
    return list(text.encode("utf-16"))

# %% count_pairs
def count_pairs(words, weights):
    c = Counter()
    for m, n in zip(words, weights):
        for a, b in zip(m, m[1:]):
            c[tuple(sorted((a, b)))] += n
    return dict(c)

# %% merge_pair
def merge_pair(ids, pair, new_id):
    places = {i for i in range(len(ids) - 1) if (ids[i], ids[i + 1]) == pair}
    out = []
    for i, t in enumerate(ids):
        if i in places:
            out.append(new_id)
        elif i - 1 not in places:
            out.append(t)
    return out

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
    mots = [list(m.encode("utf-8")) for m in words]
    poids = [1] * len(words)
    merges = []
    for i in range(n_merges):
        c = compter(mots, poids)
        if not c:
            break
        p = min(c, key=lambda q: (-c[q], q))
        merges.append(p)
        mots = [fondre(m, p, 256 + i) for m in mots]
    return merges

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
    ids = list(word.encode())
    num = {p: 256 + i for i, p in enumerate(merges)}
    i = 0
    while i < len(ids) - 1:
        p = (ids[i], ids[i + 1])
        if p in num:
            ids[i:i + 2] = [num[p]]
            i = 0
        else:
            i += 1
    return ids

# %% token_bytes
def token_bytes(merges):
    table = [[i] for i in range(256)]
    for a, b in merges:
        table.append(table[b] + table[a])
    return table

# %% decode_tokens
def decode_tokens(ids, merges):
    table = [[i] for i in range(256)]
    for a, b in merges:
        table.append(table[a] + table[b])
    return bytes(o for t in ids for o in table[t]).decode("utf-8", errors="ignore")

# %% split_specials
def split_specials(text, specials):
    if not specials:
        return [text] if text else []
    noms = sorted(specials, key=len, reverse=True)
    return [specials.get(m, m) for m in re.split("(" + "|".join(noms) + ")", text) if m]

# %% nll_per_character
def nll_per_character(train, val, n_characters, end, alpha=0.1):
    V = end + 1
    c, t = Counter(), Counter()
    for ids in train:
        for a, b in zip(list(ids), list(ids[1:]) + [end]):
            c[a, b] += 1
            t[a] += 1
    total = 0.0
    for ids in val:
        for a, b in zip(list(ids), list(ids[1:]) + [end]):
            total += -math.log((c[a, b] + alpha) / (t[a] + alpha * V))
    return total / n_characters
