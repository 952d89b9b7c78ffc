# %% few_shot
def few_shot(task, examples, x):
    messages = [{"role": "system", "content": task}]
    for question, reponse in examples:
        if question != x:
            for contenu in (question, reponse):
                messages.append({"role": "system", "content": contenu})
    messages.append({"role": "user", "content": x})
    return messages


# %% chat
def chat(client, messages, model, temperature=0.0, max_tokens=200):
    f = client.chat.complete if hasattr(client.chat, "complete") else client.chat.completions.create
    r = f(model=model, messages=messages, temperature=temperature, max_tokens=max_tokens)
    usage = {"input": r.usage.prompt_tokens, "output": r.usage.total_tokens}
    usage["truncated"] = r.choices[0].finish_reason == "length"
    return r.choices[0].message.content or "", usage


# %% with_retries
def with_retries(call, attempts=5, base=1.0, sleep=time.sleep):
    attente = base
    for essai in range(attempts):
        try:
            return call()
        except Exception as e:
            passagere = getattr(e, "status_code", None) in (429, 503) or "Timeout" in type(e).__name__
            if not passagere or essai == attempts - 1:
                raise
            attente *= 2
            sleep(attente)


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
        total = self.taille([self.system])
        garde = []
        for tour in reversed(self.tours):
            total += self.taille(tour)
            if garde and total >= self.max_tokens:
                break
            garde = tour + garde
        return [self.system] + garde


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
                r = functions[a.function.name](**json.loads(a.function.arguments))
                contenu = r if isinstance(r, str) else json.dumps(r)
            except Exception as e:
                contenu = f"Erreur : {e}"
            messages.append({"role": "tool", "tool_call_id": a.function.name, "content": contenu})
    raise RuntimeError("trop de demandes")


# %% retrieve_passages
def retrieve_passages(query, passages, k=3):
    comptes = [Counter(re.findall(r"\w+", t.lower())) for t in [query, *passages]]
    N = len(passages)
    df = Counter(m for c in comptes[1:] for m in c)

    def vecteur(c):
        return {m: n * (math.log10((1 + N) / (1 + df[m])) + 1) for m, n in c.items()}

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
    contenu = question + "\n\n"
    for i, p in enumerate(passages, 1):
        contenu += f"[{i}] {p}\n"
    texte = ask([{"role": "system", "content": "Réponds d'après les passages, et cite-les."}, {"role": "user", "content": contenu}])
    sources = []
    for trouve in re.findall(r"\[(\d+)\]", texte):
        n = int(trouve)
        if 1 <= n <= len(passages):
            if n not in sources:
                sources.append(n)
        else:
            texte = texte.replace(f"[{n}]", "[?]")
    return texte, sources


# %% cost
def cost(usages, price):
    jetons = sum(u["input"] for u in usages)
    return jetons * price["input"] / 1_000_000


# %% mask_personal_data
def mask_personal_data(text, patterns):
    table = {}
    for sorte, motif in patterns.items():
        numeros = {}
        for d in re.findall(motif, text):
            if d not in numeros:
                numeros[d] = f"{sorte}_{len(numeros) + 1}"
        text = re.sub(motif, lambda m: numeros[m[0]], text)
        for d, etiquette in numeros.items():
            table[etiquette] = d
    return text, table


def restore(text, table):
    for etiquette, donnee in table.items():
        text = text.replace(etiquette, donnee)
    return text
