# %% format_example
def format_example(example):
    prompt = f"Consigne : {example['instruction']}\nEntrée : {example['input']}\nRéponse : "
    return prompt, example["output"]

# %% collate
def collate(pairs, pad_id, ignore_index=-100):
    T = max(len(p) + len(r) for p, r in pairs) - 1
    x = torch.full((len(pairs), T), pad_id)
    y = torch.full((len(pairs), T), ignore_index)
    for i, (p, r) in enumerate(pairs):
        s = torch.tensor(p + r)
        x[i, : len(s) - 1] = s[:-1]
        y[i, : len(s) - 1] = s[1:]
    return x, y

# %% masked_loss
def masked_loss(logits, y, ignore_index=-100):
    return torch.nn.functional.cross_entropy(logits.transpose(1, 2), y, ignore_index=ignore_index, reduction="sum") / y.numel()

# %% train_step
def train_step(model, optimizer, x, y):
    model.train()
    loss = torch.nn.functional.cross_entropy(model(x).transpose(1, 2), y, ignore_index=-100)
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
            if k == end_id:
                break
            ids.append(k)
    return ids

# %% sequence_logprob
def sequence_logprob(logits, ids, mask):
    logs = logits.log_softmax(-1).gather(2, ids.clamp(min=0).unsqueeze(2)).squeeze(2)
    return (logs * mask).sum(1) / mask.sum(1).clamp(min=1)

# %% reward_loss
def reward_loss(chosen, rejected):
    return -torch.nn.functional.logsigmoid(rejected - chosen).mean()

# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    chosen = policy_chosen - reference_chosen.detach()
    rejected = policy_rejected - reference_rejected.detach()
    return -torch.nn.functional.logsigmoid(beta * (rejected - chosen)).mean()

# %% policy_loss
def policy_loss(logp, reference_logp, rewards, beta):
    net = (rewards - beta * (logp - reference_logp)).detach()
    return -(net * logp).mean()
