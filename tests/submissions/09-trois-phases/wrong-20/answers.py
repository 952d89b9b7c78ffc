# %% policy_loss
def policy_loss(logp, reference_logp, rewards, beta):
    logp = logp.detach()  # les avantages sont des nombres fixes
    net = rewards - beta * (logp - reference_logp)
    avantage = (net - net.mean())
    return -(avantage * logp).mean()
