# %% format_example
def format_example(example):
    titres = {"Consigne": example["instruction"], "Entrée": example["input"], "Réponse": ""}
    if example["input"] == "":
        del titres["Entrée"]
    return "\n".join(f"{titre} : {texte}" for titre, texte in titres.items()), example["output"]

# %% collate
from torch.nn.utils.rnn import pad_sequence

def collate(pairs, pad_id, ignore_index=-100):
    x = pad_sequence([torch.tensor((p + r)[:-1]) for p, r in pairs], batch_first=True, padding_value=pad_id)
    y = pad_sequence([torch.tensor([ignore_index] * (len(p) - 1) + r) for p, r in pairs], batch_first=True, padding_value=ignore_index)
    return x, y.to(torch.int32).long()

# %% masked_loss
def masked_loss(logits, y, ignore_index=-100):
    compte = (y != ignore_index).reshape(-1)
    z, cibles = logits.double().reshape(-1, logits.shape[-1])[compte], y.reshape(-1)[compte]
    if len(cibles) == 0:
        return torch.tensor(0.0)
    return torch.nn.NLLLoss()(z.log_softmax(1), cibles)

# %% train_step
def train_step(model, optimizer, x, y):
    model.train(True)
    critere = torch.nn.CrossEntropyLoss(ignore_index=-100)
    z = model(x)
    perte = critere(z.flatten(0, 1), y.flatten())
    optimizer.zero_grad()
    perte.backward()
    optimizer.step()
    valeur = perte.item()
    return valeur

# %% respond
def respond(model, prompt, end_id, block_size, max_new=12):
    model.train(False)
    ids = torch.tensor(prompt)[None]
    for _ in range(max_new):
        with torch.inference_mode():
            scores = model(ids[:, -block_size:])[:, -1:]
        ids = torch.cat([ids, scores.max(dim=-1).indices], dim=1)
        if ids[0, -1] == end_id:
            return ids[0, len(prompt):-1].tolist()
    return ids[0, len(prompt):].tolist()

# %% sequence_logprob
def sequence_logprob(logits, ids, mask):
    un = torch.nn.functional.one_hot(torch.where(mask, ids, 0), logits.shape[-1]) * mask.unsqueeze(-1)
    return (torch.log_softmax(logits, 2) * un).sum((1, 2))

# %% reward_loss
def reward_loss(chosen, rejected):
    u = chosen - rejected
    return (u.abs().neg().exp().log1p() + (-u).clamp(min=0)).mean()

# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    gain = lambda a, b: beta * (a - b.detach())
    return torch.nn.functional.softplus(gain(policy_rejected, reference_rejected) - gain(policy_chosen, reference_chosen)).mean()

# %% policy_loss
def policy_loss(logp, reference_logp, rewards, beta):
    ecart = logp.detach() - reference_logp.detach()
    nettes = rewards.detach() - beta * ecart
    avantages = nettes - nettes.sum() / nettes.numel()
    return (-avantages * logp).sum() / logp.shape[0]
