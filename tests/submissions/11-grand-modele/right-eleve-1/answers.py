# %% Conversation
class Conversation(list):
    def __init__(self, system, max_tokens, count):
        super().__init__()
        self.s, self.budget, self.compte = system, max_tokens, count

    def add(self, role, content):
        self.append({"role": role, "content": content, "n": self.compte(content)})

    def messages(self):
        reste = self.budget - self.compte(self.s)
        debut = len(self)
        somme = 0
        for i in range(len(self) - 1, -1, -1):
            somme += self[i]["n"]
            if self[i]["role"] == "user":
                if somme > reste and debut < len(self):
                    break
                debut = i
                if somme > reste:
                    break
        return [{"role": "system", "content": self.s}] + [{"role": m["role"], "content": m["content"]} for m in self[debut:]]
