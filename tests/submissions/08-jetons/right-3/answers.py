# %% to_bytes
to_bytes = lambda text: np.frombuffer(text.encode(), dtype=np.uint8).tolist()

# %% count_pairs
def count_pairs(words, weights):
    c = Counter()
    for m, n in zip(words, weights):
        c.update({p: k * n for p, k in Counter(zip(m[:-1], m[1:])).items()})
    return {p: float(n) for p, n in c.items()}

# %% merge_pair
def merge_pair(ids, pair, new_id):
    out, saute = [], False
    for i in range(len(ids)):
        if saute:
            saute = False
            continue
        if i < len(ids) - 1 and [ids[i], ids[i + 1]] == list(pair):
            out.append(new_id)
            saute = True
        else:
            out.append(ids[i])
    return tuple(out)

# %% train_bpe
def train_bpe(words, n_merges):
    mots = [[o for o in m.encode()] for m in words]
    n = [v for v in words.values()]
    fusions = ()
    for nouveau in range(256, 256 + n_merges):
        c = {}
        for m, k in zip(mots, n):
            for i in range(1, len(m)):
                c[m[i - 1], m[i]] = c.get((m[i - 1], m[i]), 0) + k
        if c == {}:
            break
        paire = max(c, key=lambda q: (c[q], -q[0], -q[1]))
        for m in mots:
            i = 0
            while i < len(m) - 1:
                if (m[i], m[i + 1]) == paire:
                    m[i:i + 2] = [nouveau]
                i += 1
        fusions += (paire,)
    return fusions

# %% encode_word
def encode_word(word, merges):
    texte = "".join(chr(o) for o in word.encode())
    for i, (a, b) in enumerate(merges):
        texte = texte.replace(chr(a) + chr(b), chr(256 + i))
    return [ord(c) for c in texte]

# %% token_bytes
def token_bytes(merges):
    table = [bytes([i]) for i in range(256)]
    for a, b in merges:
        table += [table[a] + table[b]]
    return [list(o) for o in table]

# %% decode_tokens
def decode_tokens(ids, merges):
    ids = list(ids)
    for i in range(len(merges) - 1, -1, -1):
        ids = [u for t in ids for u in (merges[i] if t == 256 + i else (t,))]
    return bytes(ids).decode(errors="replace")

# %% split_specials
def split_specials(text, specials):
    if text == "":
        return []
    for i in range(len(text)):
        ici = [n for n in specials if text[i:i + len(n)] == n]
        if ici:
            n = max(ici, key=len)
            return ([text[:i]] if i else []) + [specials[n]] + split_specials(text[i + len(n):], specials)
    return [text]

# %% nll_per_character
def nll_per_character(train, val, n_characters, end, alpha=0.1):
    N = torch.full((end + 1, end + 1), float(alpha))
    for ids in train:
        s = torch.tensor([end, *ids, end])
        N.index_put_((s[:-1], s[1:]), torch.ones(len(s) - 1), accumulate=True)
    logP = N.log() - N.sum(1, keepdim=True).log()
    return float(-sum(logP[x, y] for ids in val for x, y in zip([end, *ids], [*ids, end])) / n_characters)
