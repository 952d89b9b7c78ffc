# %% format_example
def format_example(example):
    prompt = f"### Instruction:\n{example['instruction']}\n"
    if example["input"]:
        prompt += f"### Input:\n{example['input']}\n"
    return prompt + "### Response:\n", example["output"]

# %% collate
def collate(pairs, pad_id, ignore_index=-100):
    T = max(len(p) + len(r) for p, r in pairs) - 1
    x = torch.full((len(pairs), T), pad_id)
    y = torch.full((len(pairs), T), ignore_index)
    for i, (p, r) in enumerate(pairs):
        s = torch.tensor(p + r)
        x[i, : len(s) - 1] = s[:-1]
        y[i, len(p) : len(s) - 1] = s[len(p) + 1 :]
    return x, y

# %% masked_loss
def masked_loss(logits, y, ignore_index=-100):
    return torch.nn.functional.cross_entropy(logits.transpose(1, 2), y, ignore_index=ignore_index, reduction='sum')

# %% train_step
def train_step(model, optimizer, x, y):
    model.train()
    loss = torch.nn.functional.cross_entropy(model(x).transpose(1, 2), y.clamp(min=0))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

# %% respond
def respond(model, prompt, end_id, block_size, max_new=12):
    model.eval()
    ids = list(prompt)
    with torch.no_grad():
        for _ in range(max_new):
            k = model(torch.tensor([ids[-block_size:]]))[0, -1].argmax().item()
            ids.append(k)
            if k == end_id:
                break
    return ids[len(prompt):]

# %% sequence_logprob
def sequence_logprob(logits, ids, mask):
    p = logits.softmax(-1).gather(2, ids.masked_fill(~mask, 0).unsqueeze(2)).squeeze(2)
    return p.masked_fill(~mask, 1.0).prod(1)

# %% reward_loss
def reward_loss(chosen, rejected):
    return -torch.sigmoid(chosen - rejected).mean()

# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    u = (policy_chosen - reference_chosen.detach()) - (policy_rejected - reference_rejected.detach())
    return -beta * torch.nn.functional.logsigmoid(u).mean()

# %% policy_loss
def policy_loss(logp, reference_logp, rewards, beta):
    net = rewards + beta * (logp - reference_logp)
    A = (net - net.mean()).detach()
    return -(A * logp).mean()
