# %% few_shot
def few_shot(task, examples, x):
    gardes = [e for e in examples if e[0] != x]
    questions = [{"role": "user", "content": q} for q, _ in gardes]
    reponses = [{"role": "assistant", "content": r} for _, r in gardes]
    return [{"role": "system", "content": task}] + questions + reponses + [{"role": "user", "content": x}]


# %% chat
def chat(client, messages, model, temperature=0.0, max_tokens=200):
    def demander():
        f = client.chat.complete if hasattr(client.chat, "complete") else client.chat.completions.create
        return f(model=model, messages=messages, temperature=temperature, max_tokens=max_tokens)

    texte = demander().choices[0].message.content or ""
    r = demander()
    usage = {
        "input": r.usage.prompt_tokens,
        "output": r.usage.completion_tokens,
        "truncated": r.choices[0].finish_reason == "length",
    }
    return texte, usage


# %% with_retries
def with_retries(call, attempts=5, base=1.0, sleep=time.sleep):
    for attente in (base, 2 * base, 4 * base, 8 * base):
        try:
            return call()
        except Exception as e:
            if getattr(e, "status_code", None) not in (429, 503) and "Timeout" not in type(e).__name__:
                raise
            sleep(attente)
    return call()


# %% Conversation
class Conversation:
    def __init__(self, system, max_tokens, count):
        self.system = system
        self.max_tokens = max_tokens
        self.count = count
        self.historique = []

    def add(self, role, content):
        self.historique.append({"role": role, "content": content})

    def messages(self):
        return [{"role": "system", "content": self.system}] + self.historique[-1:]


# %% run_tools
def run_tools(client, messages, tools, functions, model, max_rounds=5):
    messages = list(messages)
    for _ in range(max_rounds):
        m = client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message
        if not m.tool_calls:
            return m.content or ""
        messages = [m]
        for a in m.tool_calls:
            try:
                r = functions[a.function.name](**json.loads(a.function.arguments))
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
    return sorted(resultats, key=lambda p: (p[1], p[0]), reverse=True)[:k]


# %% answer_with_sources
def answer_with_sources(ask, question, passages):
    if not passages:
        return "Je ne trouve pas la réponse dans les documents.", []
    lignes = [f"[{i}] {p}" for i, p in enumerate(passages, 1)]
    contenu = "\n".join(lignes) + "\n\n" + question
    texte = ask([{"role": "system", "content": "Réponds d'après les passages, et cite-les."}, {"role": "user", "content": contenu}])
    sources = []
    for n in re.findall(r"\[(\d+)\]", texte):
        if 1 <= int(n) <= len(passages):
            if n not in sources:
                sources.append(n)
        else:
            texte = texte.replace(f"[{n}]", "[?]")
    return texte, sources


# %% mask_personal_data
def mask_personal_data(text, patterns):
    table = {}
    for sorte, motif in patterns.items():
        numeros = {}
        for d in re.findall(motif, text):
            if d not in numeros:
                numeros[d] = f"[{sorte}_{len(numeros) + 1}]"
        text = re.sub(motif, lambda m: numeros[m[0]], text)
        for d, etiquette in numeros.items():
            table[etiquette] = d
    return text, table

def restore(text, table):
    for etiquette, donnee in table.items():
        text = re.sub(etiquette, donnee, text)
    return text
