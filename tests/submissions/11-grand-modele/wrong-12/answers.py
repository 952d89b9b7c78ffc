# %% few_shot
def few_shot(task, examples, x):
    messages = [{"role": "system", "content": task}]
    for q, r in examples:
        if q != x:
            messages.append({"role": "user", "content": q})
            messages.append({"role": "assistant", "content": r})
    return messages


# %% chat
def chat(client, messages, model, temperature=0.0, max_tokens=200):
    if hasattr(client.chat, "complete"):
        r = client.chat.complete(model=model, messages=messages, temperature=temperature)
    else:
        r = client.chat.completions.create(model=model, messages=messages, temperature=temperature)
    u = r.usage
    c = r.choices[0]
    return c.message.content or "", {"input": u.prompt_tokens, "output": u.completion_tokens, "truncated": c.finish_reason == "length"}


# %% with_retries
def with_retries(call, attempts=5, base=1.0, sleep=time.sleep):
    for essai in range(attempts):
        try:
            return call()
        except Exception as e:
            passagere = hasattr(e, "status_code") or "Timeout" in type(e).__name__
            if not passagere or essai == attempts - 1:
                raise
            sleep(base * 2**essai)


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
        for tour in self.tours:
            if self.taille(envoi + tour) > self.max_tokens:
                break
            envoi = envoi + tour
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
            try:
                arguments = json.loads(a.function.arguments)
                r = functions[a.function.name](*arguments.values())
                contenu = r if isinstance(r, str) else json.dumps(r)
            except Exception as e:
                contenu = f"Erreur : {e}"
            messages.append({"role": "tool", "tool_call_id": a.id, "content": contenu})
    raise RuntimeError("trop de demandes")


# %% retrieve_passages
def retrieve_passages(query, passages, k=3):
    comptes = [Counter(re.findall(r"\w+", t)) for t in [query, *passages]]
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
    return sorted(resultats, key=lambda p: (-p[1], p[0]))[:k]


# %% answer_with_sources
def answer_with_sources(ask, question, passages):
    if not passages:
        return "Je ne trouve pas la réponse dans les documents.", []
    lignes = [f"[{i}] {p}" for i, p in enumerate(passages, 1)]
    contenu = "\n".join(lignes) + "\n\n" + question
    texte = ask([{"role": "system", "content": "Réponds d'après les passages, et cite-les."}, {"role": "user", "content": contenu}])
    sources = []
    for trouve in re.findall(r"\[(\d+)\]", texte):
        n = int(trouve)
        if n > len(passages):
            texte = texte.replace(f"[{n}]", "[?]")
        elif n not in sources:
            sources.append(n)
    return texte, sources


# %% cost
def cost(usages, price):
    total = 0.0
    for u in usages:
        total = (u["input"] * price["input"] + u["output"] * price["output"]) / 1_000_000
    return total


# %% mask_personal_data
def mask_personal_data(text, patterns):
    table = {}
    for sorte, motif in patterns.items():
        for i, d in enumerate(re.findall(motif, text), 1):
            table[f"[{sorte}_{i}]"] = d
        text = re.sub(motif, "", text)
    return text, table


def restore(text, table):
    for etiquette, donnee in table.items():
        text = text.replace(etiquette, donnee)
    return text
