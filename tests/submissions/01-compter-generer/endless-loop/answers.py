# %% sample_ids
def sample_ids(P, n, generator=None, max_len=None):
    resultat = []
    for _ in range(n):
        ids = []
        i = 0
        while True:
            i = torch.multinomial(P[i], 1, generator=generator).item()
            if i == '.':
                break
            ids.append(i)
        resultat.append(ids)
    return resultat
