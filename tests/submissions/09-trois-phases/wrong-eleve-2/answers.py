# %% sequence_logprob
def sequence_logprob(logits, ids, mask):
    logs = logits.log_softmax(-1)
    rows = []
    for b in range(len(ids)):
        rows.append(sum(logs[b, t, ids[b, t]].item() for t in range(ids.shape[1]) if mask[b, t]))
    return rows
