# %% format_example
def format_example(example):
    prompt = f"Consigne : {example['instruction']}\n"
    if example["input"]:
        prompt += f"Entrée : {example['input']}\n"
    return prompt + "Réponse : " + example["output"], example["output"]

# %% collate
def collate(pairs, pad_id, ignore_index=-100):
    T = max(len(p) + len(r) for p, r in pairs) - 1
    x = torch.full((len(pairs), T), pad_id)
    y = torch.full((len(pairs), T), ignore_index)
    for i, (p, r) in enumerate(pairs):
        s = torch.tensor(p + r)
        x[i, : len(s) - 1] = s[:-1]
        y[i, len(p) - 1 : len(s) - 1] = s[len(p) :]
    y[y == pad_id] = ignore_index
    return x, y

# %% masked_loss
def masked_loss(logits, y, ignore_index=-100):
    return torch.nn.functional.cross_entropy(logits.transpose(1, 2), y, ignore_index=ignore_index)

# %% train_step
def train_step(model, optimizer, x, y):
    model.train()
    loss = torch.nn.functional.cross_entropy(model(x).transpose(1, 2), y, ignore_index=-100)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()

# %% respond
def respond(model, prompt, end_id, block_size, max_new=12):
    ids = list(prompt)
    with torch.no_grad():
        for _ in range(max_new):
            k = model(torch.tensor([ids[-block_size:]]))[0, -1].argmax().item()
            if k == end_id:
                break
            ids.append(k)
    return ids[len(prompt):]

# %% sequence_logprob
def sequence_logprob(logits, ids, mask):
    return logits.log_softmax(-1).gather(2, ids.clamp(min=0).unsqueeze(2)).squeeze(2).sum(1)

# %% reward_loss
def reward_loss(chosen, rejected):
    return -torch.log(torch.sigmoid(chosen - rejected)).mean()

# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    u = (policy_chosen - reference_chosen) - (policy_rejected - reference_rejected)
    return -torch.nn.functional.logsigmoid(beta * u).mean()

# %% policy_loss
def policy_loss(logp, reference_logp, rewards, beta):
    net = rewards - beta * (logp - reference_logp)
    A = ((net - net.mean()) / net.std()).detach()
    return -(A * logp).mean()
