# %% format_example
def format_example(example):
    prompt = "Consigne : " + example["instruction"] + "\n"
    if len(example["input"]) > 0:
        prompt += "Entrée : " + example["input"] + "\n"
    prompt += "Réponse : "
    return [prompt, example["output"]]

# %% collate
def collate(pairs, pad_id, ignore_index=-100):
    T = max(len(p) + len(r) for p, r in pairs) - 1
    x, y = [], []
    for p, r in pairs:
        texte = list(p) + list(r)
        cibles = [ignore_index] * (len(p) - 1) + list(r)
        x.append(texte[:-1] + [pad_id] * (T - len(texte) + 1))
        y.append(cibles + [ignore_index] * (T - len(cibles)))
    return np.array(x), np.array(y)

# %% masked_loss
def masked_loss(logits, y, ignore_index=-100):
    total, combien = (logits * 0).sum(), 0
    for b in range(len(y)):
        for t in range(y.shape[1]):
            k = int(y[b, t])
            if k != ignore_index:
                total = total - torch.log_softmax(logits[b, t], 0)[k]
                combien += 1
    return total / combien if combien else total

# %% train_step
def train_step(model, optimizer, x, y):
    model.train()
    optimizer.zero_grad(set_to_none=False)
    z = model(x)
    compte = y != -100
    perte = -torch.log_softmax(z[compte], dim=1)[torch.arange(int(compte.sum())), y[compte]].mean()
    perte.backward()
    optimizer.step()
    return float(perte)

# %% respond
def respond(model, prompt, end_id, block_size, max_new=12):
    model.eval()
    reponse = []
    while len(reponse) < max_new:
        texte = (list(prompt) + reponse)[-block_size:]
        with torch.no_grad():
            p = torch.softmax(model(torch.tensor(texte).unsqueeze(0)), dim=-1)[0, -1]
        k = p.argmax().item()
        if k == end_id:
            return reponse
        reponse.append(k)
    return reponse

# %% sequence_logprob
def sequence_logprob(logits, ids, mask):
    sommes = []
    for b in range(len(ids)):
        somme = logits.new_zeros(())
        for t in range(ids.shape[1]):
            if mask[b, t]:
                somme = somme + logits[b, t].log_softmax(0)[ids[b, t]]
        sommes.append(somme)
    return torch.stack(sommes)

# %% reward_loss
def reward_loss(chosen, rejected):
    return torch.nn.functional.softplus(rejected - chosen).mean()

# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    with torch.no_grad():
        ecart_ref = reference_chosen - reference_rejected
    u = beta * (policy_chosen - policy_rejected - ecart_ref)
    return torch.nn.functional.binary_cross_entropy_with_logits(u, torch.ones_like(u))

# %% policy_loss
def policy_loss(logp, reference_logp, rewards, beta):
    with torch.no_grad():
        net = rewards - beta * logp + beta * reference_logp
        A = net - net.mean()
    return -sum(A[i] * logp[i] for i in range(len(A))) / len(A)
