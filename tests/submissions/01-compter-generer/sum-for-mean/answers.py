# %% mean_nll
def mean_nll(names, P, stoi):
    total = 0.0
    for name in names:
        total -= log_probability(name, P, stoi)
    return total
