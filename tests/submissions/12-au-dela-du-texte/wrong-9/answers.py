# %% recall_at_k
def recall_at_k(scores, query_labels, item_labels, k, rows):
    best = scores[rows].topk(k, dim=1).indices
    return (item_labels[best] == query_labels[rows][:, None]).any(dim=1).float().mean().item()
