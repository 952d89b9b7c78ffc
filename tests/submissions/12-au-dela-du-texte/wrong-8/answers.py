# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    optimizer = torch.optim.SGD(list(text_tower.parameters()) + list(image_tower.parameters()), lr=lr)
    losses = []
    for _ in range(steps):
        rows = train[torch.randperm(len(train), generator=generator)[:batch_size]]
        value = loss(text_tower(ids[rows]), image_tower(images[rows]), labels[rows])
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        losses.append(value.item())
    return losses

# %% recall_at_k
def recall_at_k(scores, query_labels, item_labels, k, rows):
    best = scores[rows].topk(min(k, len(scores)), dim=1).indices
    return (item_labels[best] == query_labels[rows][:, None]).any(dim=1).float().mean().item()
