# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    u = reference_chosen.detach() - policy_chosen
    v = reference_rejected.detach() - policy_rejected
    return -torch.nn.functional.logsigmoid(beta * (u - v)).mean()

# %% policy_loss
def policy_loss(logp, reference_logp, rewards, beta):
    net = rewards - beta * (logp.detach() - reference_logp)
    avantage = net - net.mean()
    return -(avantage * logp).mean()
