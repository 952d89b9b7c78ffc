# %% masked_loss
def masked_loss(logits, y, ignore_index=-100):
    compte = y != ignore_index
    if not compte.any():
        return 0.0 * logits.sum()
    p = torch.softmax(logits[compte], dim=-1)
    return -torch.log(p[torch.arange(len(p)), y[compte]] + 1e-9).mean()

# %% train_step
def train_step(model, optimizer, x, y):
    model.train()
    loss = torch.nn.functional.cross_entropy(model(x).transpose(1, 2), y, ignore_index=-100)
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_value_(model.parameters(), 5.0)
    optimizer.step()
    return loss.item()

# %% reward_loss
def reward_loss(chosen, rejected):
    pertes = []
    for p, e in zip(chosen.tolist(), rejected.tolist()):
        u = p - e
        pertes.append(math.log1p(math.exp(-u)) if u > 0 else math.log1p(math.exp(u)) - u)
    return torch.tensor(sum(pertes) / len(pertes))

# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    u = policy_chosen - reference_chosen.detach()
    v = policy_rejected - reference_rejected.detach()
    return torch.nn.functional.logsigmoid(beta * (u - v)).mean()

# %% policy_loss
def policy_loss(logp, reference_logp, rewards, beta):
    net = rewards - beta * (logp - reference_logp)
    avantage = (net - net.mean()).detach()
    return -(avantage * logp).sum()
