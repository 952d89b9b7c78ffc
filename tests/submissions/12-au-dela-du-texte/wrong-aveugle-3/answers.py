# %% encode_phrases
def encode_phrases(phrases, stoi, length):
    ids = torch.zeros(len(phrases), length, dtype=torch.int64)
    for i, phrase in enumerate(phrases):
        n = [stoi[c] for c in phrase.lower() if c in stoi][:length]
        ids[i, : len(n)] = torch.tensor(n)
    return ids


# %% positive_targets
def positive_targets(labels):
    return (labels[:, None] == labels[None, :]) // (labels[:, None] == labels[None, :]).sum(1, keepdim=True)


# %% train_pair
def train_pair(image_tower, text_tower, images, ids, labels, train, steps, loss, batch_size=64, lr=0.5, generator=None):
    opt = torch.optim.SGD([*image_tower.parameters(), *text_tower.parameters()], lr=lr)
    losses = []
    lot = train[torch.randperm(len(train), generator=generator)[:batch_size]]
    for _ in range(steps):
        L = loss(image_tower(images[lot]), text_tower(ids[lot]), labels[lot])
        opt.zero_grad(); L.backward(); opt.step()
        losses.append(loss(image_tower(images[lot]), text_tower(ids[lot]), labels[lot]).item())
    return losses
