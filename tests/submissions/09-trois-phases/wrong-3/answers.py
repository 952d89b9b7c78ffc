# %% format_example
def format_example(example):
    return f"Consigne : {example['instruction']}\nRéponse : ", example["output"]

# %% collate
def collate(pairs, pad_id, ignore_index=-100):
    T = max(len(p) + len(r) for p, r in pairs) - 1
    x = torch.full((len(pairs), T), pad_id)
    y = torch.full((len(pairs), T), ignore_index)
    for i, (p, r) in enumerate(pairs):
        s = torch.tensor(p + r)
        x[i, : len(s) - 1] = s[:-1]
        d = max(len(p) - 2, 0)
        y[i, d : len(s) - 1] = s[d + 1 :]
    return x, y

# %% masked_loss
def masked_loss(logits, y, ignore_index=-100):
    rows = []
    for z, t in zip(logits, y):
        c = t != ignore_index
        if c.any():
            rows.append(torch.nn.functional.cross_entropy(z[c], t[c]))
    return torch.stack(rows).mean() if rows else logits.sum() * 0

# %% train_step
def train_step(model, optimizer, x, y):
    model.train()
    loss = torch.nn.functional.cross_entropy(model(x).transpose(1, 2), y, ignore_index=-100)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return torch.nn.functional.cross_entropy(model(x).transpose(1, 2), y, ignore_index=-100).item()

# %% respond
def respond(model, prompt, end_id, block_size, max_new=12):
    model.eval()
    ids = list(prompt)
    with torch.no_grad():
        for _ in range(max_new):
            k = model(torch.tensor([ids[-1:]]))[0, -1].argmax().item()
            if k == end_id:
                break
            ids.append(k)
    return ids[len(prompt):]

# %% sequence_logprob
def sequence_logprob(logits, ids, mask):
    p = logits.softmax(-1).gather(2, ids.masked_fill(~mask, 0).unsqueeze(2)).squeeze(2)
    return (p * mask).sum(1).log()

# %% reward_loss
def reward_loss(chosen, rejected):
    return -torch.nn.functional.logsigmoid(chosen - rejected).sum()

# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    return -torch.nn.functional.logsigmoid(beta * (policy_chosen - policy_rejected)).mean()

# %% policy_loss
def policy_loss(logp, reference_logp, rewards, beta):
    net = rewards - beta * (logp - reference_logp)
    A = net - net.mean()
    return -(A * logp).mean()
