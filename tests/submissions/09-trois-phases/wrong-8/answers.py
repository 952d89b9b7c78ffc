# %% format_example
def format_example(example):
    consigne, entree, reponse = example["instruction"], example["input"], example["output"]
    debut = "Consigne : " + consigne + "\n"
    if entree != "":
        debut += "Entrée : " + entree + "\n"
    return debut, "Réponse : " + reponse

# %% collate
def collate(pairs, pad_id, ignore_index=-100):
    T = max(len(p) + len(r) for p, r in pairs) - 1
    x = torch.full((len(pairs), T), pad_id)
    y = torch.full((len(pairs), T), ignore_index)
    for i, (p, r) in enumerate(pairs):
        s = torch.tensor(p + r)
        x[i, T - len(s) + 1 :] = s[:-1]
        y[i, T - len(r) :] = s[len(p) :]
    return x, y

# %% masked_loss
def masked_loss(logits, y, ignore_index=-100):
    total = torch.nn.functional.cross_entropy(logits.transpose(1, 2), y, ignore_index=ignore_index, reduction="sum")
    return total / len(y)

# %% train_step
def train_step(model, optimizer, x, y):
    model.train()
    loss = torch.nn.functional.cross_entropy(model(x).transpose(1, 2), y, ignore_index=-100, reduction="sum")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% sequence_logprob
def sequence_logprob(logits, ids, mask):
    ids = torch.where(mask, ids, 0)
    pertes = torch.nn.functional.cross_entropy(logits.transpose(1, 2), ids, reduction="none")
    return (pertes * mask).sum(dim=1)

# %% reward_loss
def reward_loss(chosen, rejected):
    ecart = chosen.mean() - rejected.mean()
    return -torch.nn.functional.logsigmoid(ecart)

# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    modele = beta * (policy_chosen - policy_rejected)
    reference = (reference_chosen - reference_rejected).detach()
    return -torch.nn.functional.logsigmoid(modele - reference).mean()

# %% policy_loss
def policy_loss(logp, reference_logp, rewards, beta):
    net = rewards - beta * (logp - reference_logp) ** 2
    avantage = (net - net.mean()).detach()
    return -(avantage * logp).mean()
