# %% few_shot
def few_shot(task, examples, x):
    messages = [{"role": "system", "content": task}, {"role": "user", "content": x}]
    for q, r in examples:
        if q != x:
            messages.insert(1, {"role": "assistant", "content": r})
            messages.insert(1, {"role": "user", "content": q})
    return messages


# %% chat
def chat(client, messages, model, temperature=0.0, max_tokens=200):
    if hasattr(client.chat, "complete"):
        r = client.chat.complete(model="mistral-small-latest", messages=messages, temperature=temperature, max_tokens=max_tokens)
    else:
        r = client.chat.completions.create(model="gpt-4", messages=messages, temperature=temperature, max_tokens=max_tokens)
    u = r.usage
    c = r.choices[0]
    return c.message.content or "", {"input": u.prompt_tokens, "output": u.completion_tokens, "truncated": c.finish_reason == "length"}


# %% with_retries
def with_retries(call, attempts=5, base=1.0, sleep=time.sleep):
    essai = 1
    while True:
        try:
            return call()
        except Exception as e:
            essai += 1
            passagere = getattr(e, "status_code", None) in (429, 503) or "Timeout" in type(e).__name__
            if not passagere or essai >= attempts:
                raise
            sleep(base * 2 ** (essai - 2))


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
        if not self.tours:
            return [self.system]
        return [self.system] + self.tours[-1]


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
            messages.append({"role": "user", "content": contenu})
    raise RuntimeError("trop de demandes")


# %% retrieve_passages
def retrieve_passages(query, passages, k=3):
    comptes = [Counter(re.findall(r"\w+", t.lower())) for t in [query, *passages]]
    N = len(passages)
    df = Counter(m for c in comptes[1:] for m in c)

    def vecteur(c):
        return {m: n * (math.log((1 + N) / (1 + df[m])) + 1) for m, n in c.items() if m in df}

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
    cites = [int(n) for n in re.findall(r"\[(\d+)\]", texte)]
    sources = [n for n in cites if 1 <= n <= len(passages)]
    for n in cites:
        if n not in sources:
            texte = texte.replace(f"[{n}]", "[?]")
    return texte, sources


# %% mask_personal_data
def mask_personal_data(text, patterns):
    table = {}
    for sorte, motif in patterns.items():
        numeros = {}
        for d in re.findall(motif, text):
            numeros.setdefault(d, f"[{sorte}_{len(numeros) + 1}]")
        text = re.sub(motif, lambda m: numeros[m[0]], text)
    return text, table


def restore(text, table):
    for etiquette, donnee in table.items():
        text = text.replace(etiquette, donnee)
    return text
