# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    return torch.zeros(counts.shape)
