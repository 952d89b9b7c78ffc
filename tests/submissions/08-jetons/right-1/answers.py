# %% to_bytes
def to_bytes(text):
    return [int(o) for o in bytearray(text, "utf-8")]

# %% count_pairs
def count_pairs(words, weights):
    c = {}
    for k in range(len(words)):
        for i in range(len(words[k]) - 1):
            p = (words[k][i], words[k][i + 1])
            c[p] = c.get(p, 0) + weights[k]
    return c

# %% merge_pair
def merge_pair(ids, pair, new_id):
    a, b = pair
    out = []
    for t in ids:
        if out and out[-1] == a and t == b:
            out[-1] = new_id
        else:
            out.append(t)
    return out

# %% train_bpe
def train_bpe(words, n_merges):
    mots = {tuple(to_bytes(m)): 0 for m in words}
    for m, n in words.items():
        mots[tuple(to_bytes(m))] += n
    fusions = []
    while len(fusions) < n_merges:
        c = count_pairs([list(m) for m in mots], list(mots.values()))
        if len(c) == 0:
            return fusions
        haut = max(c.values())
        p = sorted(q for q in c if c[q] == haut)[0]
        neuf = Counter()
        for m, n in mots.items():
            neuf[tuple(merge_pair(list(m), p, 256 + len(fusions)))] += n
        mots = neuf
        fusions.append(p)
    return fusions

# %% encode_word
def encode_word(word, merges):
    rang = {tuple(p): i for i, p in enumerate(merges)}
    ids = to_bytes(word)
    while len(ids) > 1:
        meilleur = min(zip(ids, ids[1:]), key=lambda p: rang.get(p, float("inf")))
        if meilleur not in rang:
            break
        ids = merge_pair(ids, meilleur, 256 + rang[meilleur])
    return ids

# %% token_bytes
def token_bytes(merges):
    def octets(t):
        if t < 256:
            return [t]
        a, b = merges[t - 256]
        return octets(a) + octets(b)
    
    return [octets(t) for t in range(256 + len(merges))]

# %% decode_tokens
def decode_tokens(ids, merges):
    table = token_bytes(merges)
    return b"".join(bytes(table[t]) for t in ids).decode("utf-8", "replace")

# %% split_specials
def split_specials(text, specials):
    out, courant, i = [], "", 0
    noms = sorted(specials, key=lambda n: -len(n))
    while i < len(text):
        for n in noms:
            if text.startswith(n, i):
                if courant:
                    out.append(courant)
                out.append(specials[n])
                courant = ""
                i += len(n)
                break
        else:
            courant += text[i]
            i += 1
    if courant:
        out.append(courant)
    return out

# %% nll_per_character
def nll_per_character(train, val, n_characters, end, alpha=0.1):
    N = np.full((end + 1, end + 1), alpha)
    for ids in train:
        s = [end, *ids, end]
        np.add.at(N, (s[:-1], s[1:]), 1)
    logP = np.log(N / N.sum(axis=1, keepdims=True))
    return -sum(logP[[end, *ids], [*ids, end]].sum() for ids in val) / n_characters
