# %% masked_loss
def masked_loss(logits, y, ignore_index=-100):
    compte = y != ignore_index
    logs = logits.log_softmax(-1).gather(2, torch.where(compte, y, 0).unsqueeze(2)).squeeze(2)
    somme, n = -(logs * compte).sum(), compte.sum()
    return torch.where(n > 0, somme / n, 0.0)

# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    modele = -torch.nn.functional.logsigmoid(beta * (policy_chosen - policy_rejected))
    reference = -torch.nn.functional.logsigmoid(beta * (reference_chosen - reference_rejected)).detach()
    return (modele - reference).mean()

# %% policy_loss
def policy_loss(logp, reference_logp, rewards, beta):
    net = rewards - beta * (logp - reference_logp)
    avantage = net - net.mean()
    return -avantage.mean()
