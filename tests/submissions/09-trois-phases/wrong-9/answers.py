# %% format_example
def format_example(example):
    consigne, entree, reponse = example["instruction"], example["input"], example["output"]
    lignes = ["Consigne : " + consigne]
    if entree:
        lignes.append("Entrée : " + entree)
    lignes.append("Réponse :")
    return "\n".join(lignes), " " + reponse

# %% collate
def collate(pairs, pad_id, ignore_index=-100):
    T = max(len(p) + len(r) for p, r in pairs)
    x = [p + r + [pad_id] * (T - len(p) - len(r)) for p, r in pairs]
    y = [[ignore_index] * (len(p) - 1) + r + [ignore_index] * (T - len(p) - len(r) + 1) for p, r in pairs]
    return torch.tensor(x), torch.tensor(y)

# %% masked_loss
def masked_loss(logits, y, ignore_index=-100):
    compte = y != ignore_index
    if not compte.any():
        return 0.0 * logits.sum()
    p = logits[compte].softmax(dim=-1)
    return torch.nn.functional.cross_entropy(p, y[compte])

# %% train_step
def train_step(model, optimizer, x, y):
    loss = torch.nn.functional.cross_entropy(model(x).transpose(1, 2), y, ignore_index=-100)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% sequence_logprob
def sequence_logprob(logits, ids, mask):
    logs = logits.log_softmax(-1)[mask]
    return logs.gather(1, ids[mask].unsqueeze(1)).sum()

# %% reward_loss
def reward_loss(chosen, rejected):
    return torch.nn.functional.logsigmoid(chosen - rejected).mean()

# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    u = policy_chosen - reference_chosen.detach()
    v = policy_rejected - reference_rejected.detach()
    return -torch.nn.functional.logsigmoid(beta * (u - v)).sum()

# %% policy_loss
def policy_loss(logp, reference_logp, rewards, beta):
    net = rewards - beta * (logp - reference_logp).abs()
    avantage = (net - net.mean()).detach()
    return -(avantage * logp).mean()
