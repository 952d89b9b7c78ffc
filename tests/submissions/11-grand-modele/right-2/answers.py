# %% few_shot
def few_shot(task, examples, x):
    roles, textes = ["system"], [task]
    i = 0
    while i < len(examples):
        question, reponse = examples[i]
        i += 1
        if question == x:
            continue
        roles.extend(("user", "assistant"))
        textes.extend((question, reponse))
    roles.append("user")
    textes.append(x)
    return tuple({"content": t, "role": r} for r, t in zip(roles, textes))

# %% chat
def chat(client, messages, model, temperature=0.0, max_tokens=200):
    demande = getattr(client.chat, "complete", None)
    if demande is None:
        demande = client.chat.completions.create
    reponse = demande(messages=[dict(m) for m in messages], max_tokens=max_tokens, model=model, temperature=temperature)
    premiere = reponse.choices[0]
    entree, total = reponse.usage.prompt_tokens, reponse.usage.total_tokens
    usage = {"truncated": "length" == str(premiere.finish_reason), "output": total - entree, "input": entree}
    return premiere.message.content if premiere.message.content else "", usage

# %% with_retries
def with_retries(call, attempts=5, base=1.0, sleep=time.sleep):
    essai, pause = 1, base
    while True:
        try:
            valeur = call()
        except Exception as probleme:
            nom = probleme.__class__.__name__
            if not (getattr(probleme, "status_code", 0) in {429, 503} or "Timeout" in nom):
                raise
            if essai >= attempts:
                raise
            sleep(pause)
            essai, pause = essai + 1, pause * 2
        else:
            return valeur

# %% Conversation
from dataclasses import dataclass, field

@dataclass
class Conversation:
    system: str
    max_tokens: int
    count: Any
    log: list = field(default_factory=list)

    def add(self, role, content):
        self.log.append((role, content))

    def messages(self):
        coupes = [k for k, (role, _) in enumerate(self.log) if role == "user"]
        while len(coupes) > 1 and self.poids(coupes[0]) > self.max_tokens:
            coupes.pop(0)
        suite = self.log[coupes[0]:] if coupes else []
        return tuple({"role": r, "content": c} for r, c in [("system", self.system), *suite])

    def poids(self, k):
        return self.count(self.system) + sum(self.count(c) for _, c in self.log[k:])

# %% run_tools
def call_tool(call, functions):
    if call.function.name not in functions:
        return "Erreur : outil inconnu"
    try:
        arguments = json.loads(call.function.arguments)
    except json.JSONDecodeError:
        return "Erreur : ce n'est pas du JSON"
    if not isinstance(arguments, dict):
        return "Erreur : ce n'est pas un objet"
    try:
        return json.dumps(functions[call.function.name](**arguments))
    except Exception:
        return "Erreur dans l'outil"

def run_tools(client, messages, tools, functions, model, max_rounds=5):
    ajouts, rondes = [], 0
    while rondes < max_rounds:
        rondes += 1
        choix = client.chat.completions.create(messages=messages + ajouts, model=model, tools=tools).choices[0]
        if choix.finish_reason != "tool_calls":
            return choix.message.content if choix.message.content is not None else ""
        appels = [{"id": c.id, "type": "function", "function": {"name": c.function.name, "arguments": c.function.arguments}} for c in choix.message.tool_calls]
        ajouts.append({"role": "assistant", "tool_calls": appels, "content": ""})
        ajouts.extend({"role": "tool", "content": call_tool(c, functions), "tool_call_id": c.id} for c in choix.message.tool_calls)
    raise RuntimeError

# %% chunk
def chunk(text, size, overlap=0):
    assert_ok = overlap < size
    if not assert_ok:
        raise ValueError
    mots = re.findall(r"\S+", text)
    if len(mots) <= size:
        return [" ".join(mots)] if mots else []
    return [" ".join(mots[:size])] + chunk(" ".join(mots[size - overlap:]), size, overlap)

# %% retrieve_passages
def retrieve_passages(query, passages, k=3):
    decouper = re.compile(r"\w+").findall
    sacs = [decouper(p.lower()) for p in passages]
    N = len(sacs)

    def idf(mot):
        return 1 + math.log(1 + N) - math.log(1 + sum(mot in sac for sac in sacs))

    def norme(sac):
        return math.hypot(*(sac.count(m) * idf(m) for m in set(sac)))

    q = decouper(query.lower())
    notes = {}
    for i, sac in enumerate(sacs):
        communs = set(q) & set(sac)
        if communs:
            notes[i] = sum(q.count(m) * sac.count(m) * idf(m) ** 2 for m in sorted(communs)) / norme(q) / norme(sac)
    meilleurs = sorted(notes, key=lambda i: (-round(notes[i], 12), i))
    return [[i, notes[i]] for i in meilleurs[:k]]

# %% answer_with_sources
def answer_with_sources(ask, question, passages):
    if passages:
        numeros = {str(i): i for i in range(1, len(passages) + 1)}
        corps = "".join(f"[{i}] {p}\n" for i, p in zip(numeros, passages))
        texte, sources, sortie = ask(messages=[{"role": "system", "content": ""}, {"role": "user", "content": corps + question}]), [], []
        for morceau in re.split(r"(\[\d+\])", texte):
            if re.fullmatch(r"\[\d+\]", morceau):
                n = numeros.get(morceau[1:-1])
                if n is None:
                    morceau = "[?]"
                elif n not in sources:
                    sources += [n]
            sortie.append(morceau)
        return "".join(sortie), sources
    return "Je ne trouve pas la réponse dans les documents.", []

# %% cost
def cost(usages, price):
    jetons = np.array([[u["input"], u["output"]] for u in usages], dtype=float).reshape(-1, 2)
    return (jetons.sum(axis=0) @ np.array([price["input"], price["output"]])) * 1e-6

# %% mask_personal_data
def mask_personal_data(text, patterns):
    inverse = {}
    for sorte in patterns:
        morceaux, fin, n = [], 0, 0
        for m in re.finditer(patterns[sorte], text):
            cle = (sorte, m[0])
            if cle not in inverse:
                n += 1
                inverse[cle] = "[" + sorte + "_" + str(n) + "]"
            morceaux += [text[fin:m.start()], inverse[cle]]
            fin = m.end()
        text = "".join(morceaux) + text[fin:]
    return [text, {etiquette: donnee for (_, donnee), etiquette in inverse.items()}]

def restore(text, table):
    for etiquette in sorted(table, key=len, reverse=True):
        text = table[etiquette].join(text.split(etiquette))
    return text
