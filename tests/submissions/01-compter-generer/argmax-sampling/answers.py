# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    resultat = []
    for _ in range(n):
        ids = []
        i = 0
        while max_len is None or len(ids) < max_len:
            i = int(torch.argmax(P[i]))
            if i == 0:
                break
            ids.append(i)
        resultat.append(ids)
    return resultat
