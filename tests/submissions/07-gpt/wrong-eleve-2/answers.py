# %% gpt_loss
def gpt_loss(logits, targets):
    return torch.nn.functional.cross_entropy(logits.transpose(1, 2), targets, ignore_index=-100).item()

# %% generate
@torch.no_grad()
def generate(model, n, block_size, choose=None, generator=None, max_len=30):
    model.eval()
    names = []
    for _ in range(n):
        ids = torch.zeros((1, 1), dtype=torch.int64)
        while ids.shape[1] <= max_len:
            scores = model(ids[:, -block_size:])[:, -1]
            p = scores.softmax(-1) if choose is None else choose(scores)
            drawn = torch.multinomial(p, 1, generator=generator)
            if drawn.item() == 0:
                break
            ids = torch.cat([ids, drawn], dim=1)
        names.append(ids[:, 1:])
    return names
