# %% format_example
def format_example(example):
    consigne, entree, reponse = example["instruction"], example["input"], example["output"]
    debut = f"Consigne : {consigne.strip()}\n"
    if entree.strip():
        debut += f"Entrée : {entree.strip()}\n"
    return debut + "Réponse : ", reponse.strip()

# %% masked_loss
def masked_loss(logits, y, ignore_index=-100):
    pertes = []
    for b in range(y.shape[0]):
        for t in range(y.shape[1]):
            if y[b, t] != ignore_index:
                pertes.append(-torch.log_softmax(logits[b, t], dim=0)[y[b, t]].item())
    return torch.tensor(sum(pertes) / len(pertes) if pertes else 0.0)

# %% train_step
def train_step(model, optimizer, x, y):
    model.train()
    loss = torch.nn.functional.cross_entropy(model(x).transpose(1, 2), y, ignore_index=-100)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss.item()

# %% sequence_logprob
def sequence_logprob(logits, ids, mask):
    logs = logits.log_softmax(dim=-1)
    sommes = []
    for b in range(len(ids)):
        sommes.append(sum(logs[b, t, ids[b, t]].item() for t in range(ids.shape[1]) if mask[b, t]))
    return torch.tensor(sommes)

# %% reward_loss
def reward_loss(chosen, rejected):
    return torch.nn.functional.softplus(chosen - rejected).mean()  # log(1 + exp(écart))

# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    u = policy_chosen - reference_chosen.detach()
    v = policy_rejected - reference_rejected.detach()
    return -torch.nn.functional.logsigmoid(beta * (u - v).mean())

# %% policy_loss
def policy_loss(logp, reference_logp, rewards, beta):
    net = rewards - (logp - reference_logp)
    avantage = (net - net.mean()).detach()
    return -(avantage * logp).mean()
