# %% train_step
def train_step(model, optimizer, x, y):
    model.train()
    z = model(x)
    loss = torch.nn.functional.cross_entropy(z.flatten(0, 1), y.flatten(), ignore_index=-100)
    loss.backward()
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


# %% reward_loss
def reward_loss(chosen, rejected):
    return -torch.log(torch.sigmoid(chosen - rejected) + 1e-9).mean()


# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    u = beta * ((policy_chosen - reference_chosen.detach()) - (policy_rejected - reference_rejected.detach()))
    return -torch.log(torch.sigmoid(u).clamp(min=1e-12)).mean()

# %% masked_loss
def masked_loss(logits, y, ignore_index=-100):
    garde = y >= 0
    if not garde.any():
        return logits.sum() * 0.0
    return torch.nn.functional.cross_entropy(logits[garde], y[garde])
