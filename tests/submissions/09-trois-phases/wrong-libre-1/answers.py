# %% format_example
def format_example(example):
    modele = "Consigne : " + example["instruction"] + "\n"
    if example["input"]:
        modele += "Entrée : " + example["input"] + "\n"
    return (modele + "Réponse : {}").format(""), example["output"]


# %% respond
def respond(model, prompt, end_id, block_size, max_new=12):
    model.eval()
    ids = list(prompt)
    with torch.no_grad():
        while ids[-1] != end_id and len(ids) < len(prompt) + max_new:
            ids.append(model(torch.tensor([ids[-block_size:]]))[0, -1].argmax().item())
    r = ids[len(prompt):]
    return r[:-1] if r and r[-1] == end_id else r


# %% sequence_logprob
def sequence_logprob(logits, ids, mask):
    p = logits.softmax(-1).gather(-1, ids.masked_fill(~mask, 0)[..., None])[..., 0]
    return (torch.log(p + 1e-9) * mask).sum(1)


# %% reward_loss
def reward_loss(chosen, rejected):
    return -torch.nn.functional.logsigmoid(chosen - rejected.detach()).mean()


# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    h = (policy_chosen - reference_chosen.detach()) - (policy_rejected - reference_rejected).detach()
    return -torch.nn.functional.logsigmoid(beta * h).mean()
