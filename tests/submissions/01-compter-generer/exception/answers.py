# %% mean_nll
def mean_nll(names, P, stoi):
    total = 0
    count = 0
    for name in names:
        total += log_probability(name, P, stoi)
        count += len(nom) + 1
    return -total / count
