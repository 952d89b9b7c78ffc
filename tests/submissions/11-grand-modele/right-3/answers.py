# %% few_shot
from itertools import chain

def few_shot(task, examples, x):
    tours = ((("user", q), ("assistant", a)) for q, a in filter(lambda e: e[0] != x, examples))
    couples = chain([("system", task)], chain.from_iterable(tours), [("user", x)])
    return [{"role": role, "content": content} for role, content in couples]

# %% chat
def chat(client, messages, model, temperature=0.0, max_tokens=200):
    chat_ = client.chat
    ask = chat_.completions.create if hasattr(chat_, "completions") else chat_.complete
    d = ask(model=model, messages=messages, temperature=temperature, max_tokens=max_tokens).model_dump()
    choix, u = d["choices"][0], d["usage"]
    usage = {"input": int(u["prompt_tokens"]), "output": int(u["completion_tokens"])}
    usage["truncated"] = choix["finish_reason"] not in ("stop", "tool_calls")
    return choix["message"]["content"] or "", usage

# %% with_retries
def with_retries(call, attempts=5, base=1.0, sleep=time.sleep):
    def passagere(e):
        return getattr(e, "status_code", None) in (429, 503) or any("Timeout" in c.__name__ for c in type(e).__mro__[:1])

    pauses = [base * 2.0 ** k for k in range(attempts - 1)]
    for pause in pauses:
        try:
            return call()
        except Exception as e:
            if not passagere(e):
                raise
            sleep(pause)
    return call()

# %% Conversation
class Conversation:
    def __init__(self, system, max_tokens, count):
        self.roles, self.textes, self.jetons = ["system"], [system], [count(system)]
        self.max_tokens, self.count = max_tokens, count

    def add(self, role, content):
        self.roles.append(role)
        self.textes.append(content)
        self.jetons.append(self.count(content))

    def messages(self):
        n = len(self.roles)
        total, debut, en_cours = self.jetons[0], n, 0
        for i in range(n - 1, 0, -1):
            en_cours += self.jetons[i]
            if self.roles[i] == "user":
                if debut < n and total + en_cours > self.max_tokens:
                    break
                total, en_cours, debut = total + en_cours, 0, i
        return [{"role": self.roles[i], "content": self.textes[i]} for i in [0, *range(debut, n)]]

# %% run_tools
def run_tools(client, messages, tools, functions, model, max_rounds=5):
    if max_rounds == 0:
        raise RuntimeError("le modèle ne s'arrête pas")
    reponse = client.chat.completions.create(model=model, messages=list(messages), tools=tools)
    message = reponse.model_dump()["choices"][0]["message"]
    appels = message.get("tool_calls") or []
    if len(appels) == 0:
        return message["content"] or ""
    suite = [*messages, message]
    for appel in appels:
        f = appel["function"]
        resultat = "Erreur"
        try:
            resultat = functions[f["name"]](**json.loads(f["arguments"]))
            resultat = resultat if type(resultat) is str else json.dumps(resultat, ensure_ascii=False)
        except (ValueError, KeyError, TypeError) as e:
            resultat = "Erreur : " + repr(e)
        suite.append({"tool_call_id": appel["id"], "role": "tool", "content": resultat})
    return run_tools(client, suite, tools, functions, model, max_rounds - 1)

# %% chunk
def chunk(text, size, overlap=0):
    if size <= overlap:
        raise ValueError(f"{overlap} >= {size}")
    mots = np.array(text.split(), dtype=object)
    n = len(mots)
    combien = 0 if n == 0 else 1 + max(math.ceil((n - size) / (size - overlap)), 0)
    return tuple(" ".join(mots[j * (size - overlap): j * (size - overlap) + size]) for j in range(combien))

# %% retrieve_passages
def retrieve_passages(query, passages, k=3):
    textes = [re.findall(r"\w+", t.lower()) for t in passages]
    numero = {}
    for mots in [*textes, re.findall(r"\w+", query.lower())]:
        for m in mots:
            numero.setdefault(m, len(numero))
    if not numero:
        return []
    X = torch.zeros(len(textes) + 1, len(numero), dtype=torch.float64)
    for i, mots in enumerate([*textes, re.findall(r"\w+", query.lower())]):
        for m in mots:
            X[i, numero[m]] += 1
    idf = torch.log((1 + len(textes)) / (1 + (X[:-1] > 0).sum(0).double())) + 1
    X = torch.nn.functional.normalize(X * idf, dim=1)
    s = (X[:-1] @ X[-1]).tolist()
    couples = sorted(((-round(v, 10), i) for i, v in enumerate(s) if v > 1e-12))
    return [(i, s[i]) for _, i in couples][:k]

# %% answer_with_sources
def answer_with_sources(ask, question, passages):
    if len(passages) == 0:
        return "Je ne trouve pas la réponse dans les documents.", []
    liste = "\n\n".join("[%d] %s" % (i + 1, p) for i, p in enumerate(passages))
    texte = ask([{"role": "system", "content": "Cite."}, {"role": "user", "content": f"{liste}\n---\n{question}"}])
    sources, propre, i = [], "", 0
    while i < len(texte):
        fin = texte.find("]", i)
        if texte[i] == "[" and fin > i + 1 and texte[i + 1:fin].isdigit():
            n = int(texte[i + 1:fin])
            existe = 1 <= n <= len(passages)
            if existe and n not in sources:
                sources.append(n)
            propre += texte[i:fin + 1] if existe else "[?]"
            i = fin + 1
        else:
            propre += texte[i]
            i += 1
    return propre, tuple(sources)

# %% cost
def cost(usages, price):
    total = Counter()
    for usage in usages:
        total.update({k: usage[k] for k in price})
    return math.fsum(total[k] * price[k] for k in price) / 10**6

# %% mask_personal_data
class Masque:
    def __init__(self, sorte):
        self.sorte, self.vus = sorte, {}

    def __call__(self, m):
        return f"[{self.sorte}_{self.vus.setdefault(m.group(), len(self.vus) + 1)}]"

def mask_personal_data(text, patterns):
    masques = [Masque(sorte) for sorte in patterns]
    for masque in masques:
        text, _ = re.subn(patterns[masque.sorte], masque, text)
    return text, {f"[{m.sorte}_{n}]": d for m in masques for d, n in m.vus.items()}

def restore(text, table):
    from functools import reduce
    return reduce(lambda t, e: t.replace(*e), table.items(), text)
