# %% Conversation
class Conversation:
    """What is to be sent is kept, and never given back."""

    def __init__(self, system, max_tokens, count):
        self.system, self.history, self.sent = system, [], []

    def add(self, role, content):
        self.history.append({"role": role, "content": content})

    def messages(self):
        self.sent = [{"role": "system", "content": self.system}, *self.history]
