# %% format_example
def format_example(example):
    consigne, entree, reponse = example["instruction"], example["input"], example["output"]
    debut = f"Consigne : {consigne}\n"
    debut += f"Entrée : {entree}\n" if entree else ""
    debut += "Réponse :\n"
    return debut, reponse

# %% collate
def collate(pairs, pad_id, ignore_index=-100):
    T = max(len(p) + len(r) for p, r in pairs) - 1
    x = torch.full((len(pairs), T), pad_id)
    y = torch.full((len(pairs), T), -100)
    for i, (p, r) in enumerate(pairs):
        s = torch.tensor(p + r)
        x[i, : len(s) - 1] = s[:-1]
        y[i, len(p) - 1 : len(s) - 1] = s[len(p) :]
    return x, y

# %% masked_loss
def masked_loss(logits, y, ignore_index=-100):
    compte = y != ignore_index
    if not compte.any():
        return 0.0 * logits.sum()
    logs = logits[compte].log_softmax(dim=-1)
    return logs.gather(1, y[compte].unsqueeze(1)).mean()

# %% train_step
def train_step(model, optimizer, x, y):
    model.train()
    z = model(x)
    loss = torch.nn.functional.cross_entropy(z[:, :-1].flatten(0, 1), x[:, 1:].flatten())
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% sequence_logprob
def sequence_logprob(logits, ids, mask):
    ids = torch.where(mask, ids, 0)
    p = logits.softmax(-1).gather(2, ids.unsqueeze(2)).squeeze(2)
    return torch.where(mask, p, 1.0).prod(dim=1).log()

# %% reward_loss
def reward_loss(chosen, rejected):
    return -torch.nn.functional.logsigmoid(chosen - rejected).mean() / math.log(10)

# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    u = policy_chosen - reference_chosen.detach()
    v = policy_rejected - reference_rejected.detach()
    return -(beta * (u - v)).mean()

# %% policy_loss
def policy_loss(logp, reference_logp, rewards, beta):
    net = beta * rewards - (logp - reference_logp)
    avantage = (net - net.mean()).detach()
    return -(avantage * logp).mean()
