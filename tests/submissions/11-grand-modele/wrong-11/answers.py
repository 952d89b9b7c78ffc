# %% few_shot
def few_shot(task, examples, x):
    textes = [task]
    for q, r in examples:
        if q == x:
            continue
        textes += [q, r]
    textes.append(x)
    messages = [{"role": "user", "content": task}]
    for i, texte in enumerate(textes[1:]):
        messages.append({"role": "user" if i % 2 == 0 else "assistant", "content": texte})
    return messages


# %% chat
def chat(client, messages, model, temperature=0.0, max_tokens=200):
    f = client.chat.complete if hasattr(client.chat, "complete") else client.chat.completions.create
    r = f(model=model, messages=messages, temperature=temperature, max_tokens=max_tokens)
    texte = r.choices[0].message.content or ""
    envoyes = sum(len(m["content"].split()) for m in messages)
    return texte, {"input": envoyes, "output": len(texte.split()), "truncated": r.choices[0].finish_reason == "length"}


# %% with_retries
def with_retries(call, attempts=5, base=1.0, sleep=time.sleep):
    for essai in range(attempts):
        try:
            return call()
        except Exception as e:
            if getattr(e, "status_code", None) != 429 and "Timeout" not in type(e).__name__:
                raise
            if essai == attempts - 1:
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
        reste = self.max_tokens - self.taille([self.system])
        garde = []
        for tour in reversed(self.tours):
            n = self.taille(tour)
            if n <= reste or not garde:
                garde = tour + garde
                reste -= n
        return [self.system] + garde


# %% run_tools
def run_tools(client, messages, tools, functions, model, max_rounds=5):
    messages = list(messages)
    m = client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message
    for _ in range(max_rounds - 1):
        if not m.tool_calls:
            break
        messages.append(m)
        for a in m.tool_calls:
            try:
                r = functions[a.function.name](**json.loads(a.function.arguments))
                contenu = r if isinstance(r, str) else json.dumps(r)
            except Exception as e:
                contenu = f"Erreur : {e}"
            messages.append({"role": "tool", "tool_call_id": a.id, "content": contenu})
        m = client.chat.completions.create(model=model, messages=messages).choices[0].message
    if m.tool_calls:
        raise RuntimeError("trop de demandes")
    return m.content or ""


# %% retrieve_passages
def retrieve_passages(query, passages, k=3):
    ensembles = [set(re.findall(r"\w+", t.lower())) for t in [query] + list(passages)]
    N = len(passages)

    def idf(m):
        return math.log((1 + N) / (1 + sum(m in e for e in ensembles[1:]))) + 1

    def longueur(e):
        return math.sqrt(sum(idf(m) ** 2 for m in e))

    resultats = []
    for i, e in enumerate(ensembles[1:]):
        s = sum(idf(m) ** 2 for m in e & ensembles[0])
        if s > 0:
            resultats.append((i, s / longueur(e) / longueur(ensembles[0])))
    resultats.sort(key=lambda p: (-p[1], p[0]))
    return resultats[:k]


# %% answer_with_sources
def answer_with_sources(ask, question, passages):
    if not passages:
        return "Je ne trouve pas la réponse dans les documents.", []
    contenu = ""
    for i, p in enumerate(passages, 1):
        contenu = f"[{i}] {p}\n"
    contenu += question
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
    moyen = (price["input"] + price["output"]) / 2
    return sum(u["input"] + u["output"] for u in usages) * moyen / 1_000_000


# %% mask_personal_data
def mask_personal_data(text, patterns):
    table = {}
    for sorte, motif in patterns.items():
        for d in re.findall(motif, text):
            table[f"[{sorte}]"] = d
        text = re.sub(motif, f"[{sorte}]", text)
    return text, table


def restore(text, table):
    for etiquette, donnee in table.items():
        text = text.replace(etiquette, donnee)
    return text
