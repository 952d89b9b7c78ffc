# %% collate
def collate(pairs, pad_id, ignore_index=-100):
    textes = [list(p) + list(r) for p, r in pairs]
    T = max(map(len, textes))
    X = [[(t[i] if i < len(t) else pad_id) for i in range(T - 1)] for t in textes]
    Y = [[(t[i] if len(p) <= i < len(t) else ignore_index) for i in range(1, T)] for t, (p, _) in zip(textes, pairs)]
    return torch.tensor(X), torch.tensor(Y)


# %% train_step
def train_step(model, optimizer, x, y):
    model.train()
    for groupe in optimizer.param_groups:
        for p in groupe["params"]:
            p.grad = None
    z = model(x)
    loss = torch.nn.functional.cross_entropy(z.reshape(-1, z.shape[-1]), y.reshape(-1), ignore_index=-100)
    loss.backward()
    optimizer.step()
    return float(loss.detach())


# %% respond
def respond(model, prompt, end_id, block_size, max_new=12):
    def suite(ecrit, reste):
        if reste == 0:
            return []
        with torch.inference_mode():
            j = int(model(torch.tensor(ecrit[-block_size:])[None])[0, -1].argmax())
        return [] if j == end_id else [j] + suite(ecrit + [j], reste - 1)

    model.eval()
    return suite(list(prompt), max_new)


# %% reward_loss
def reward_loss(chosen, rejected):
    d = chosen - rejected
    return (torch.relu(-d) + torch.log1p(torch.exp(-d.abs()))).mean()


# %% dpo_loss
def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta):
    with torch.no_grad():
        ref = reference_chosen - reference_rejected
    u = beta * ((policy_chosen - policy_rejected) - ref)
    return torch.nn.functional.binary_cross_entropy_with_logits(u, torch.ones_like(u))
