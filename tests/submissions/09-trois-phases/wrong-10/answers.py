# %% format_example
def format_example(example):
    consigne, entree, reponse = example["instruction"], example["input"], example["output"]
    lignes = ["Consigne : " + consigne]
    if entree:
        lignes.append("Entrée : " + entree)
    lignes.append("Réponse :")
    return "\n".join(lignes), reponse

# %% collate
def collate(pairs, pad_id, ignore_index=-100):
    T = max(len(p) + len(r) for p, r in pairs) - 1
    x = torch.full((len(pairs), T), pad_id)
    y = torch.full((len(pairs), T), ignore_index)
    for i, (p, r) in enumerate(pairs):
        r = r[:-1]  # sans le jeton de fin
        s = torch.tensor(p + r)
        x[i, : len(s) - 1] = s[:-1]
        y[i, len(p) - 1 : len(s) - 1] = s[len(p) :]
    return x, y

# %% masked_loss
def masked_loss(logits, y, ignore_index=-100):
    compte = y != ignore_index
    if not compte.any():
        return 0.0 * logits.sum()
    p = logits[compte].softmax(dim=-1)
    return -torch.log2(p[torch.arange(len(p)), y[compte]]).mean()

# %% train_step
def train_step(model, optimizer, x, y):
    model.train()
    loss = torch.nn.functional.cross_entropy(model(x).transpose(1, 2), y, ignore_index=-100)
    loss.backward()
    optimizer.zero_grad()
    optimizer.step()
    return loss.item()

# %% sequence_logprob
def sequence_logprob(logits, ids, mask):
    logs = logits.log_softmax(dim=-1).gather(2, ids.unsqueeze(2)).squeeze(2)
    return (logs * mask).sum(dim=1)

# %% reward_loss
def reward_loss(chosen, rejected):
    return torch.relu(1 - (chosen - rejected)).mean()

# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    u = policy_chosen - reference_chosen.detach()
    v = policy_rejected - reference_rejected.detach()
    return -torch.sigmoid(beta * (u - v)).mean()

# %% policy_loss
def policy_loss(logp, reference_logp, rewards, beta):
    net = rewards - beta * logp
    avantage = (net - net.mean()).detach()
    return -(avantage * logp).mean()
