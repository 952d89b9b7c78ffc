# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    u = policy_chosen - reference_chosen.detach()
    v = policy_rejected - reference_rejected.detach()
    return -torch.nn.functional.logsigmoid(beta * (u.exp() - v.exp())).mean()

# %% policy_loss
def policy_loss(logp, reference_logp, rewards, beta):
    net = rewards - beta * (logp - reference_logp)
    avantage = (net - net.mean()).detach()
    return -(avantage * logp.exp()).mean()
