# %% few_shot
def few_shot(task, examples, x):
    def message(role, content):
        return dict(role=role, content=content)

    exemples = [p for p in examples if p[0] != x]
    milieu = sum(([message("user", p[0]), message("assistant", p[1])] for p in exemples), [])
    return [message("system", task)] + milieu + [message("user", x)]

# %% chat
def chat(client, messages, model, temperature=0.0, max_tokens=200):
    kwargs = {"model": model, "messages": list(messages), "temperature": temperature, "max_tokens": max_tokens}
    try:
        f = client.chat.completions.create
    except AttributeError:
        f = client.chat.complete
    r = f(**kwargs)
    texte = r.choices[0].message.content
    if texte is None:
        texte = ""
    return [texte, dict(input=r.usage.prompt_tokens, output=r.usage.completion_tokens, truncated=r.choices[0].finish_reason == "length")]

# %% with_retries
def with_retries(call, attempts=5, base=1.0, sleep=time.sleep):
    try:
        return call()
    except Exception as e:
        code = e.status_code if hasattr(e, "status_code") else None
        passagere = code == 429 or code == 503 or type(e).__name__.find("Timeout") >= 0
        if attempts <= 1 or not passagere:
            raise e
    sleep(base)
    return with_retries(call, attempts - 1, 2 * base, sleep)

# %% Conversation
class Conversation:
    def __init__(self, system, max_tokens, count):
        self.tout = [dict(role="system", content=system)]
        self.budget, self.compte = max_tokens, count

    def add(self, role, content):
        self.tout = self.tout + [dict(role=role, content=content)]

    def messages(self):
        debuts = [i for i, m in enumerate(self.tout) if m["role"] == "user"]
        for i in debuts:
            envoi = self.tout[:1] + self.tout[i:]
            if sum(self.compte(m["content"]) for m in envoi) <= self.budget or i == debuts[-1]:
                return envoi
        return self.tout[:1]

# %% run_tools
def run_tools(client, messages, tools, functions, model, max_rounds=5):
    messages = list(messages)
    for _ in range(max_rounds):
        m = client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message
        if not m.tool_calls:
            return m.content or ""
        messages = [*messages, m]
        for a in m.tool_calls:
            try:
                resultat = functions[a.function.name](**json.loads(a.function.arguments))
                contenu = str(resultat) if type(resultat) in (str, int) else json.dumps(resultat)
            except Exception as e:
                contenu = f"Erreur : {e}"
            messages.append({"role": "tool", "tool_call_id": a.id, "content": contenu})
    raise RuntimeError("trop de demandes")

# %% chunk
def chunk(text, size, overlap=0):
    if overlap >= size:
        raise ValueError("recouvrement trop grand")
    mots = text.split()
    passages, i = [], 0
    while mots:
        passages.append(" ".join(mots[i:i + size]))
        if i + size >= len(mots):
            break
        i += size - overlap
    return passages

# %% retrieve_passages
def retrieve_passages(query, passages, k=3):
    if not passages:
        return []
    decoupe = [re.findall(r"\w+", t.lower()) for t in [query] + list(passages)]
    vocabulaire = sorted(set().union(*decoupe))
    tf = np.array([[mots.count(m) for m in vocabulaire] for mots in decoupe], dtype=float).reshape(len(decoupe), -1)
    df = (tf[1:] > 0).sum(0)
    tfidf = tf * (np.log((1 + len(passages)) / (1 + df)) + 1)
    normes = np.linalg.norm(tfidf, axis=1, keepdims=True)
    tfidf = np.divide(tfidf, normes, out=np.zeros_like(tfidf), where=normes > 0)
    cosinus = tfidf[1:] @ tfidf[0]
    ordre = np.argsort(-np.round(cosinus, 12), kind="stable")[:k]
    return [(int(i), float(cosinus[i])) for i in ordre if cosinus[i] > 0]

# %% answer_with_sources
def answer_with_sources(ask, question, passages):
    n = len(passages)
    if n == 0:
        return ["Je ne trouve pas la réponse dans les documents.", []]
    contenu = "Passages :\n"
    for i in range(n):
        contenu += "\n[" + str(i + 1) + "] " + passages[i] + "\n"
    contenu += "\nQuestion : " + question
    brut = ask([dict(role="system", content="Cite tes sources."), dict(role="user", content=contenu)])
    sources = list(dict.fromkeys(int(m) for m in re.findall(r"\[(\d+)\]", brut) if 0 < int(m) <= n))
    texte = re.sub(r"\[(\d+)\]", lambda m: m.group(0) if int(m.group(1)) in sources else "[?]", brut)
    return [texte, sources]

# %% cost
def cost(usages, price):
    total = 0.0
    for u in usages:
        for sorte in ("input", "output"):
            total += u[sorte] / 1e6 * price[sorte]
    return total

# %% mask_personal_data
def mask_personal_data(text, patterns):
    table = {}
    for sorte, motif in patterns.items():
        trouves = [m.group() for m in re.finditer(motif, text)]
        uniques = sorted(set(trouves), key=trouves.index)
        table.update({f"[{sorte}_{i}]": d for i, d in enumerate(uniques, 1)})
        text = re.sub(motif, lambda m: f"[{sorte}_{uniques.index(m.group()) + 1}]", text)
    return text, table

def restore(text, table):
    if not table:
        return text
    return re.sub("|".join(re.escape(e) for e in table), lambda m: table[m.group()], text)
