# %% TextTower
class TextTower(torch.nn.Module):
    def __init__(self, n_symbols, d=16, e=16, h=64):
        super().__init__()
        self.C = torch.nn.Embedding(n_symbols, e)
        self.hidden, self.out = torch.nn.Linear(e, h), torch.nn.Linear(h, d)

    def forward(self, ids):
        vecteurs = []
        for ligne in ids:
            garde = ligne[ligne != 0]
            if len(garde) == 0:
                vecteurs.append(torch.zeros(self.out.out_features))
                continue
            y = self.out(torch.tanh(self.hidden(self.C(garde).mean(0))))
            vecteurs.append(y / y.norm())
        return torch.stack(vecteurs)
