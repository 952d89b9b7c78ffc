# %% to_bytes
import unicodedata

def to_bytes(text):
    return list(unicodedata.normalize("NFD", text).encode())

# %% count_pairs
def count_pairs(words, weights):
    c = Counter()
    for m, n in zip(words, weights):
        for i in range(len(m) - 2):
            c[m[i], m[i + 1]] += n
    return dict(c)

# %% merge_pair
def merge_pair(ids, pair, new_id):
    i = 0
    while i < len(ids) - 1:
        if (ids[i], ids[i + 1]) == pair:
            ids[i:i + 2] = [new_id]
        i += 1
    return ids

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
    mots = [[ord(x) for x in m] for m in words]
    poids = list(words.values())
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
    for i, p in enumerate(merges):
        for j in range(len(ids) - 1):
            if (ids[j], ids[j + 1]) == p:
                ids[j:j + 2] = [256 + i]
                break
    return ids

# %% token_bytes
def token_bytes(merges):
    table = [[i] for i in range(256)]
    for a, b in merges:
        table.append(table[a] + table[b])
    return table[:128] + table[256:]

# %% decode_tokens
def decode_tokens(ids, merges):
    return bytes(t for t in ids if t < 256).decode("utf-8", errors="replace")

# %% split_specials
def split_specials(text, specials):
    if not specials:
        return [text] if text else []
    noms = sorted(specials, key=len, reverse=True)
    return [m for m in re.split("(" + "|".join(re.escape(n) for n in noms) + ")", text) if m]

# %% nll_per_character
def nll_per_character(train, val, n_characters, end, alpha=0.1):
    V = end + 1
    c, t = Counter(), Counter()
    for ids in val:
        for a, b in zip([end] + list(ids), list(ids) + [end]):
            c[a, b] += 1
            t[a] += 1
    total = 0.0
    for ids in val:
        for a, b in zip([end] + list(ids), list(ids) + [end]):
            total += -math.log((c[a, b] + alpha) / (t[a] + alpha * V))
    return total / n_characters
