# %% format_example
AVEC = "Consigne : {instruction}\nEntrée : {input}\nRéponse : "
SANS = "Consigne : {instruction}\nRéponse : "

def format_example(example):
    modele = AVEC if example["input"] else SANS
    return (modele.format(**example), example["output"])

# %% collate
def collate(pairs, pad_id, ignore_index=-100):
    textes = [p + r for p, r in pairs]
    T = max(map(len, textes))
    tout = torch.tensor([t + [pad_id] * (T - len(t)) for t in textes])
    y = tout[:, 1:].clone()
    position = torch.arange(T - 1)
    for i, (p, r) in enumerate(pairs):
        y[i, (position < len(p) - 1) | (position >= len(p) + len(r) - 1)] = ignore_index
    return tout[:, :-1], y

# %% masked_loss
def masked_loss(logits, y, ignore_index=-100):
    somme = torch.nn.functional.cross_entropy(logits.reshape(-1, logits.size(-1)), y.reshape(-1), ignore_index=ignore_index, reduction="sum")
    n = int((y != ignore_index).sum())
    return somme / max(n, 1)

# %% train_step
def train_step(model, optimizer, x, y):
    model.train()
    for groupe in optimizer.param_groups:
        for p in groupe["params"]:
            p.grad = None
    pertes = torch.nn.functional.cross_entropy(model(x).permute(0, 2, 1), y, ignore_index=-100, reduction="none")
    perte = pertes.sum() / (y != -100).sum()
    perte.backward()
    optimizer.step()
    return perte.item()

# %% respond
def respond(model, prompt, end_id, block_size, max_new=12):
    model.eval()
    def suivant(ids):
        return int(np.argmax(model(torch.tensor([ids[max(0, len(ids) - block_size):]])).detach().numpy()[0, -1]))
    ids = prompt + []
    for _ in range(max_new):
        ids = ids + [suivant(ids)]
    reponse = ids[len(prompt):]
    return reponse[: reponse.index(end_id)] if end_id in reponse else reponse

# %% sequence_logprob
def sequence_logprob(logits, ids, mask):
    cibles = ids.clone()
    cibles[~mask] = -100
    return -torch.nn.functional.cross_entropy(logits.transpose(1, 2), cibles, reduction="none").sum(dim=-1)

# %% reward_loss
def reward_loss(chosen, rejected):
    notes = torch.stack([chosen, rejected], dim=1)
    return torch.nn.functional.cross_entropy(notes, torch.zeros(len(notes), dtype=torch.int64))

# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    moi = torch.stack([policy_chosen, policy_rejected], dim=1)
    elle = torch.stack([reference_chosen, reference_rejected], dim=1).detach()
    return -(beta * (moi - elle)).log_softmax(dim=1)[:, 0].mean()

# %% policy_loss
def policy_loss(logp, reference_logp, rewards, beta):
    net = (rewards - beta * (logp - reference_logp)).detach()
    return -torch.dot(net - net.mean(), logp) / len(logp)
