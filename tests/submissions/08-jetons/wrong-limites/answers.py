# %% train_bpe
def train_bpe(words, n_merges):
    mots = [list(m.encode("utf-8")) for m in words]
    poids = list(words.values())
    merges = []
    for i in range(n_merges):
        c = Counter()
        for m, w in zip(mots, poids):
            for p in zip(m, m[1:]):
                c[p] += w
        if not c:
            break
        best = min(c, key=lambda p: (-c[p], p))
        merges.append(best)
        for m in mots:
            k = len(m) - 2
            while k >= 0:
                if (m[k], m[k + 1]) == best:
                    m[k:k + 2] = [256 + i]
                    k -= 1
                k -= 1
    return merges
# %% token_bytes
def token_bytes(merges):
    t = [bytes([i]) for i in range(256)]
    for a, b in merges:
        t.append(t[a] + t[b])
    return t
