# %% few_shot
def few_shot(task, examples, x):
    messages = [{"role": "system", "content": task}]
    for i in range(len(examples) - 1):
        if examples[i][0] != x:
            messages.append({"role": "user", "content": examples[i][0]})
            messages.append({"role": "assistant", "content": examples[i][1]})
    messages.append({"role": "user", "content": x})
    return messages


# %% Conversation
class Conversation:
    def __init__(self, system, max_tokens, count):
        self.system = {"role": "system", "content": system}
        self.max_tokens = max_tokens
        self.count = count
        self.tours = []

    def add(self, role, content):
        if role == "user":
            self.tours.append([])
        self.tours[-1].append({"role": role, "content": content})

    def taille(self, messages):
        return sum(self.count(m["content"]) for m in messages)

    def messages(self):
        envoi = [self.system]
        for tour in reversed(self.tours):
            if len(envoi) > 1 and self.taille(tour + envoi) > self.max_tokens:
                break
            envoi = tour + envoi
        return envoi


# %% run_tools
def run_tools(client, messages, tools, functions, model, max_rounds=5):
    messages = list(messages)
    for _ in range(max_rounds):
        m = client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message
        if not m.tool_calls:
            return m.content or ""
        messages.append(m)
        for a in m.tool_calls:
            outil = functions[a.function.name]
            try:
                r = outil(**json.loads(a.function.arguments))
                contenu = r if isinstance(r, str) else json.dumps(r)
            except Exception as e:
                contenu = f"Erreur : {e}"
            messages.append({"role": "tool", "tool_call_id": a.id, "content": contenu})
    raise RuntimeError("trop de demandes")


# %% retrieve_passages
def retrieve_passages(query, passages, k=3):
    comptes = [Counter(re.findall(r"\w+", t.lower())) for t in [query, *passages]]
    N = len(passages)
    df = Counter(m for c in comptes[1:] for m in c)

    def vecteur(c):
        return {m: n * (math.log((1 + N) / (1 + df[m])) + 1) for m, n in c.items()}

    def longueur(v):
        return math.sqrt(sum(x * x for x in v.values()))

    q = vecteur(comptes[0])
    resultats = []
    for i, c in enumerate(comptes[1:]):
        v = vecteur(c)
        s = sum(q[m] * v[m] for m in q if m in v)
        if s > 0:
            resultats.append((i, s / (longueur(q) * longueur(v))))
    return sorted(resultats, key=lambda p: (-p[1], p[0]))


# %% answer_with_sources
def answer_with_sources(ask, question, passages):
    if not passages:
        return "Je ne trouve pas la réponse dans les documents.", []
    lignes = [f"[{i}] {p}" for i, p in enumerate(passages, 1)]
    contenu = "\n".join(lignes) + "\n\n" + question
    texte = ask([{"role": "system", "content": "Réponds d'après les passages, et cite-les."}, {"role": "user", "content": contenu}])
    numeros = list(range(1, len(passages) + 1))
    texte = re.sub(r"\[(\d+)\]", lambda m: m[0] if int(m[1]) in numeros else "[?]", texte)
    return texte, numeros
