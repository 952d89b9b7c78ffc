# %% to_bytes
def to_bytes(text):
    return list(text.encode("latin-1", errors="replace"))

# %% count_pairs
def count_pairs(words, weights):
    tout = []
    for m, n in zip(words, weights):
        for _ in range(n):
            tout = tout + list(m)
    return dict(Counter(zip(tout, tout[1:])))

# %% merge_pair
def merge_pair(ids, pair, new_id):
    out = list(ids)
    i = len(out) - 2
    while i >= 0:
        if i + 1 < len(out) and (out[i], out[i + 1]) == pair:
            out[i:i + 2] = [new_id]
            i -= 1
        i -= 1
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
    poids = list(words.values())
    merges = []
    for i in range(n_merges):
        c = compter(mots, poids)
        if not c:
            break
        p = c.most_common(1)[0][0]
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
    for i in reversed(range(len(merges))):
        ids = fondre(ids, merges[i], 256 + i)
    return ids

# %% token_bytes
def token_bytes(merges):
    table = [[i] for i in range(256)]
    for a, b in merges:
        table.append(table[a] + table[b])
    return table[256:]

# %% decode_tokens
def decode_tokens(ids, merges):
    table = [[i] for i in range(256)]
    for a, b in merges:
        table.append(table[a] + table[b])
    return "".join(chr(o) for t in ids for o in table[t])

# %% split_specials
def split_specials(text, specials):
    if not specials:
        return [text] if text else []
    noms = sorted(specials, key=len, reverse=True)
    return [m for m in re.split("|".join(re.escape(n) for n in noms), text) if m]

# %% nll_per_character
def nll_per_character(train, val, n_characters, end, alpha=0.1):
    V = end + 1
    c, t = Counter(), Counter()
    for ids in train:
        for a, b in zip([end] + list(ids), list(ids)):
            c[a, b] += 1
            t[a] += 1
    total = 0.0
    for ids in val:
        for a, b in zip([end] + list(ids), list(ids)):
            total += -math.log((c[a, b] + alpha) / (t[a] + alpha * V))
    return total / n_characters
