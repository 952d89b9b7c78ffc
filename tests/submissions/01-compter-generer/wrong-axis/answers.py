# %% normalize_rows
def normalize_rows(counts, alpha=0.0):
    """Transforme des comptes en probabilités."""
    P = counts.float() + alpha
    P = P / P.sum(dim=0, keepdim=True)
    return torch.nan_to_num(P, nan=1 / P.shape[0])
