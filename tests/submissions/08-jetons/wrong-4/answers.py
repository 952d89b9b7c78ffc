# %% to_bytes
def to_bytes(text):
    return list(text.encode("ascii", "ignore"))

# %% count_pairs
def count_pairs(words, weights):
    c = Counter()
    for m, n in zip(words, weights):
        for p in set(zip(m, m[1:])):
            c[p] += n
    return dict(c)

# %% merge_pair
def merge_pair(ids, pair, new_id):
    out, i = [], 0
    while i < len(ids) - 1:
        if (ids[i], ids[i + 1]) == pair:
            out.append(new_id)
            i += 2
        else:
            out.append(ids[i])
            i += 1
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
    c = compter([list(m.encode()) for m in words], list(words.values()))
    return sorted(c, key=lambda q: (-c[q], q))[:n_merges]

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
    ids = [ord(c) for c in word]
    for i, p in enumerate(merges):
        ids = fondre(ids, p, 256 + i)
    return ids

# %% token_bytes
def token_bytes(merges):
    table = [[i] for i in range(256)]
    for a, b in merges:
        table.append(table[a] + table[b])
    return list(range(256)) + table[256:]

# %% decode_tokens
def decode_tokens(ids, merges):
    table = [[i] for i in range(256)]
    for a, b in merges:
        table.append(table[a] + table[b])
    return bytes(o for t in ids for o in table[t]).decode("utf-8")

# %% split_specials
def split_specials(text, specials):
    if not specials:
        return [text] if text else []
    noms = sorted(specials, key=len)
    return [specials.get(m, m) for m in re.split("(" + "|".join(re.escape(n) for n in noms) + ")", text) if m]

# %% nll_per_character
def nll_per_character(train, val, n_characters, end, alpha=0.1):
    V = end + 1
    c, t = Counter(), Counter()
    for ids in train:
        for a, b in zip([end] + list(ids), list(ids) + [end]):
            c[a, b] += 1
            t[a] += 1
    total = 0.0
    for ids in val:
        for a, b in zip([end] + list(ids), list(ids) + [end]):
            total += -math.log2((c[a, b] + alpha) / (t[a] + alpha * V))
    return total / n_characters
