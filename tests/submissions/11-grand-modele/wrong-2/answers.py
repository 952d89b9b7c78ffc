# %% few_shot
def few_shot(task, examples, x):
    m = [{"role": "system", "content": task}]
    for q, r in examples:
        if q == x:
            continue
        m.append({"role": "user", "content": q})
        m.append({"role": "user", "content": r})
    m.append({"role": "user", "content": x})
    return m

# %% chat
def chat(client, messages, model, temperature=0.0, max_tokens=200):
    if hasattr(client.chat, "complete"):
        rep = client.chat.complete(model=model, messages=messages, temperature=temperature, max_tokens=max_tokens)
    else:
        rep = client.chat.completions.create(model=model, messages=messages, temperature=temperature, max_tokens=max_tokens)
    c = rep.choices[0]
    return c.message.content or "", {
        "input": rep.usage.completion_tokens,
        "output": rep.usage.prompt_tokens,
        "truncated": c.finish_reason == "length",
    }

# %% with_retries
def with_retries(call, attempts=5, base=1.0, sleep=time.sleep):
    for i in range(attempts):
        try:
            return call()
        except Exception as e:
            passagere = getattr(e, "status_code", None) in (429, 503) or "Timeout" in type(e).__name__
            if not passagere or i == attempts - 1:
                raise
        sleep(base)

# %% Conversation
class Conversation:
    def __init__(self, system, max_tokens, count):
        self.liste = [{"role": "system", "content": system}]
        self.max_tokens, self.count = max_tokens, count

    def add(self, role, content):
        self.liste.append({"role": role, "content": content})

    def messages(self):
        m = list(self.liste)
        while len(m) > 1 and sum(self.count(x["content"]) for x in m) > self.max_tokens:
            m.pop(0)
        return m

# %% run_tools
def run_tools(client, messages, tools, functions, model, max_rounds=5):
    messages = list(messages)
    for _ in range(max_rounds):
        m = client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message
        if not m.tool_calls:
            return m.content or ""
        messages.append(m)
        for a in m.tool_calls:
            resultat = functions[a.function.name](**json.loads(a.function.arguments))
            contenu = resultat if isinstance(resultat, str) else json.dumps(resultat)
            messages.append({"role": "tool", "tool_call_id": a.id, "content": contenu})
    raise RuntimeError("trop de demandes")

# %% chunk
def chunk(text, size, overlap=0):
    if overlap >= size:
        raise ValueError("recouvrement trop grand")
    mots = text.split()
    return [" ".join(mots[i:i + size]) for i in range(0, len(mots), size - overlap)]

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
            resultats.append((i, s))
    return sorted(resultats, key=lambda p: (-p[1], p[0]))[:k]

# %% answer_with_sources
def answer_with_sources(ask, question, passages):
    if not passages:
        return "Je ne trouve pas la réponse dans les documents.", []
    lignes = [f"[{i}] {p}" for i, p in enumerate(passages, 1)]
    texte = ask([{"role": "system", "content": "Réponds d'après les passages et cite-les."}, {"role": "user", "content": "\n".join(lignes) + "\n\n" + question}])
    sources = []
    for trouve in re.findall(r"\[(\d+)\]", texte):
        n = int(trouve)
        if True:
            if n not in sources:
                sources.append(n)
        else:
            texte = texte.replace(f'[{n}]', '[?]')
    return texte, sources

# %% cost
def cost(usages, price):
    return sum(u["input"] * price["input"] + u["output"] * price["output"] for u in usages) / 1000

# %% mask_personal_data
def mask_personal_data(text, patterns):
    table = {}
    for sorte, motif in patterns.items():
        numeros = {}
        for m in re.finditer(motif, text):
            d = m.group(0)
            if d not in numeros:
                numeros[d] = f"[{sorte}_{len(numeros)}]"
        for d, etiquette in numeros.items():
            text = re.sub(motif, lambda m: numeros[m.group(0)], text)
            table[etiquette] = d
    return text, table

def restore(text, table):
    for etiquette, donnee in table.items():
        text = text.replace(etiquette, donnee)
    return text
