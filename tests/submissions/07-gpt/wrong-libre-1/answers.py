# %% generate
def generate(model, n, block_size, choose=None, generator=None, max_len=30):
    model.eval()
    if generator is None:
        generator = torch.Generator().manual_seed(42)
    choose = choose or (lambda z: z.softmax(-1))
    noms = []
    with torch.no_grad():
        for _ in range(n):
            ids = [0]
            while len(ids) <= max_len:
                s = torch.multinomial(choose(model(torch.tensor([ids[-block_size:]]))[:, -1]), 1, generator=generator).item()
                if s == 0:
                    break
                ids.append(s)
            noms.append(ids[1:])
    return noms
