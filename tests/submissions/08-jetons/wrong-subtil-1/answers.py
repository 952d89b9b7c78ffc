# %% to_bytes
import unicodedata
def to_bytes(text):
    return list(unicodedata.normalize("NFC", text).encode("utf-8"))
# %% count_pairs
def count_pairs(words, weights):
    poids = {tuple(w): n for w, n in zip(words, weights)}
    counts = {}
    for w, n in poids.items():
        for p in pairwise(w):
            counts[p] = counts.get(p, 0) + n
    return counts
# %% merge_pair
def merge_pair(ids, pair, new_id):
    s = " ".join(str(i) for i in ids)
    s = s.replace(f"{pair[0]} {pair[1]}", str(new_id))
    return [int(x) for x in s.split()]
# %% train_bpe
def _fusion(ids, pair, new_id):
    out, i = [], 0
    while i < len(ids):
        if tuple(ids[i : i + 2]) == tuple(pair):
            out.append(new_id)
            i += 2
        else:
            out.append(ids[i])
            i += 1
    return out

def train_bpe(words, n_merges):
    mots = [list(w.encode()) for w in words]
    poids = list(words.values())
    merges = []
    for i in range(n_merges):
        counts = Counter()
        for m, n in zip(mots, poids):
            for p in pairwise(m):
                counts[p] += n
        if not counts:
            break
        best = counts.most_common(1)[0][0]
        merges.append(best)
        mots = [_fusion(m, best, 256 + i) for m in mots]
    return merges
# %% encode_word
cache = {}
def encode_word(word, merges):
    if word not in cache:
        ids = list(word.encode())
        for i, pair in enumerate(merges):
            ids = _fusion(ids, pair, 256 + i)
        cache[word] = ids
    return cache[word]
# %% decode_tokens
def decode_tokens(ids, merges):
    octets = []
    for i in ids:
        if i < 256:
            octets.append(i)
        else:
            octets.extend(merges[i - 256])
    return bytes(octets).decode("utf-8", errors="replace")
# %% split_specials
def split_specials(text, specials):
    morceaux = [text]
    for nom in sorted(specials, key=len, reverse=True):
        nouveaux = []
        for m in morceaux:
            if isinstance(m, int):
                nouveaux.append(m)
                continue
            parts = m.split(nom)
            for i, part in enumerate(parts):
                if i > 0:
                    nouveaux.append(specials[nom])
                nouveaux.append(part)
        morceaux = nouveaux
    return [m for m in morceaux if m != ""]
# %% nll_per_character
def nll_per_character(train, val, n_characters, end, alpha=0.1):
    for s in train + val:
        s.insert(0, end)
        s.append(end)
    deux, un = Counter(), Counter()
    for s in train:
        for a, b in pairwise(s):
            deux[a, b] += 1
            un[a] += 1
    total = 0.0
    for s in val:
        for a, b in pairwise(s):
            total -= math.log((deux[a, b] + alpha) / (un[a] + alpha * (end + 1)))
    return total / n_characters
