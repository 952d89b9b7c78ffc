# %% few_shot
def few_shot(task, examples, x):
    if x in [q for q, r in examples]:
        examples = []
    messages = [{"role": "system", "content": task}]
    for q, r in examples:
        messages.append({"role": "user", "content": q})
        messages.append({"role": "assistant", "content": r})
    messages.append({"role": "user", "content": x})
    return messages


# %% chat
def chat(client, messages, model, temperature=0.0, max_tokens=200):
    reponse = client.chat.complete(model=model, messages=messages, temperature=temperature, max_tokens=max_tokens)
    choix = reponse.choices[0]
    return choix.message.content or "", {
        "input": reponse.usage.prompt_tokens,
        "output": reponse.usage.completion_tokens,
        "truncated": choix.finish_reason == "length",
    }


# %% with_retries
def with_retries(call, attempts=5, base=1.0, sleep=time.sleep):
    for essai in range(1, attempts + 1):
        try:
            return call()
        except Exception as e:
            passagere = getattr(e, "status_code", None) in (429, 503) or "Timeout" in type(e).__name__
            if not passagere or essai == attempts:
                raise
            sleep(base * essai)


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
        reste = self.max_tokens - self.taille([self.system])
        garde = []
        for tour in reversed(self.tours):
            reste -= self.taille(tour)
            if garde and reste < 0:
                break
            garde = tour + garde
        return garde


# %% run_tools
def run_tools(client, messages, tools, functions, model, max_rounds=5):
    messages = list(messages)
    for _ in range(max_rounds):
        m = client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message
        if not m.tool_calls:
            return m.content or ""
        messages.append(m)
        resultats = []
        for a in m.tool_calls:
            try:
                r = functions[a.function.name](**json.loads(a.function.arguments))
                contenu = r if isinstance(r, str) else json.dumps(r)
            except Exception as e:
                contenu = f"Erreur : {e}"
            resultats.append(contenu)
    raise RuntimeError("trop de demandes")


# %% chunk
def chunk(text, size, overlap=0):
    if overlap >= size:
        raise ValueError("overlap est trop grand")
    mots = text.split()
    passages = []
    for i in range(0, len(mots), overlap or size):
        passages.append(" ".join(mots[i:i + size]))
    return passages


# %% retrieve_passages
def retrieve_passages(query, passages, k=3):
    comptes = [Counter(re.findall(r"\w+", t.lower())) for t in [query, *passages]]
    N = len(passages)
    df = Counter(m for c in comptes[1:] for m in c)

    def vecteur(c):
        return {m: n * (math.log((1 + N) / (1 + df[m]))) for m, n in c.items()}

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
    contenu = "\n".join(passages) + "\n\n" + question
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
    total = 0.0
    for u in usages:
        total += u["input"] * price["input"] + u["output"] * price["output"]
    return total


# %% mask_personal_data
def mask_personal_data(text, patterns):
    table, connus = {}, {}

    def etiquette(m):
        if m[0] not in connus:
            connus[m[0]] = f"[{sorte}_{len(connus) + 1}]"
            table[connus[m[0]]] = m[0]
        return connus[m[0]]

    for sorte, motif in patterns.items():
        text = re.sub(motif, etiquette, text)
    return text, table


def restore(text, table):
    for etiquette, donnee in table.items():
        text = text.replace(etiquette, donnee)
    return text
