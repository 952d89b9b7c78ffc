# %% to_bytes
def to_bytes(text):
    return list(text.strip().encode("utf-8"))
# %% count_pairs
def count_pairs(words, weights):
    counts = {}
    for w, n in zip(words, weights):
        while len(w) > 1:
            a = w.pop(0)
            counts[a, w[0]] = counts.get((a, w[0]), 0) + n
    return counts
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
    mots = {tuple(ord(c) for c in w): n for w, n in words.items()}
    merges = []
    for i in range(n_merges):
        counts = Counter()
        for m, n in mots.items():
            for p in pairwise(m):
                counts[p] += n
        if not counts:
            break
        best = min(counts, key=lambda p: (-counts[p], p))
        merges.append(best)
        mots = {tuple(_fusion(m, best, 256 + i)): n for m, n in mots.items()}
    return merges
# %% token_bytes
def token_bytes(merges):
    table = [[i] for i in range(256)]
    for a, b in merges:
        table.append(sorted(set(table[a] + table[b]), key=(table[a] + table[b]).index))
    return table
# %% decode_tokens
def decode_tokens(ids, merges):
    table = [[i] for i in range(256)]
    for a, b in merges:
        table.append(table[a] + table[b])
    return bytes(o for i in ids for o in table[i]).decode("utf-8", errors="replace").strip()
# %% split_specials
def split_specials(text, specials):
    if not specials:
        return [text]
    motif = "(" + "|".join(re.escape(s) for s in sorted(specials, key=len, reverse=True)) + ")"
    return [specials[m] if m in specials else m for m in re.split(motif, text) if m.strip()]
# %% nll_per_character
def nll_per_character(train, val, n_characters, end, alpha=0.1):
    train = {tuple(s) for s in train}
    deux, un = Counter(), Counter()
    for s in train:
        for a, b in pairwise([end, *s, end]):
            deux[a, b] += 1
            un[a] += 1
    total = 0.0
    for s in val:
        for a, b in pairwise([end, *s, end]):
            total -= math.log((deux[a, b] + alpha) / (un[a] + alpha * (end + 1)))
    return total / n_characters
