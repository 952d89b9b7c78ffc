# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    with torch.no_grad():  # la référence est figée
        u = policy_chosen - reference_chosen
        v = policy_rejected - reference_rejected
    return -torch.nn.functional.logsigmoid(beta * (u - v)).mean()

# %% policy_loss
def policy_loss(logp, reference_logp, rewards, beta):
    net = rewards - beta * (logp - reference_logp).mean()
    avantage = (net - net.mean()).detach()
    return -(avantage * logp).mean()
