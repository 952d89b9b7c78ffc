# %% format_example
def format_example(example):
    entree, consigne, reponse = example["instruction"], example["input"], example["output"]
    debut = f"Consigne : {consigne}\n"
    if entree:
        debut += f"Entrée : {entree}\n"
    return debut + "Réponse : ", reponse

# %% collate
def collate(pairs, pad_id, ignore_index=-100):
    T = max(len(p) + len(r) for p, r in pairs) - 1
    x, y = [], []
    for p, r in pairs:
        s = p + r
        vide = [ignore_index] * (T + 1 - len(s))
        x.append(s[:-1] + vide)
        y.append([ignore_index] * (len(p) - 1) + r + vide)
    return torch.tensor(x), torch.tensor(y)

# %% masked_loss
def masked_loss(logits, y, ignore_index=-100):
    y = torch.where(y == ignore_index, 0, y)
    return torch.nn.functional.cross_entropy(logits.transpose(1, 2), y)

# %% train_step
def train_step(model, optimizer, x, y):
    model.train()
    loss = torch.nn.functional.cross_entropy(model(x).transpose(1, 2), y, ignore_index=-100, reduction="none").mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% sequence_logprob
def sequence_logprob(logits, ids, mask):
    ids = torch.where(mask, ids, 0)
    p = logits.softmax(-1).gather(2, ids.unsqueeze(2)).squeeze(2)
    return torch.log((p * mask).sum(1) / mask.sum(1))

# %% reward_loss
def reward_loss(chosen, rejected):
    p = torch.sigmoid(chosen - rejected)
    return (1 - p).mean()

# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    u = policy_chosen - reference_chosen.detach()
    v = policy_rejected - reference_rejected.detach()
    return -torch.nn.functional.logsigmoid(u - v).mean()

# %% policy_loss
def policy_loss(logp, reference_logp, rewards, beta):
    avantage = rewards - rewards.mean()
    avantage = (avantage - beta * (logp - reference_logp)).detach()
    return -(avantage * logp).mean()
