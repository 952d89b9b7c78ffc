# %% few_shot
def few_shot(task, examples, x):
    messages = [{"role": "system", "content": task}]
    messages += [{"role": "user", "content": e[0]} for e in examples if e[0] != x]
    messages += [{"role": "user", "content": x}]
    return messages


# %% run_tools
def run_tools(client, messages, tools, functions, model, max_rounds=5):
    messages = list(messages)
    for _ in range(max_rounds):
        m = client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message
        if not m.tool_calls:
            return m.content or ""
        messages.append(m)
        for a in m.tool_calls:
            contenu = None
            try:
                arguments = json.loads(a.function.arguments)
            except ValueError:
                contenu = "Erreur : ce n'est pas du JSON"
            if contenu is None and not isinstance(arguments, dict):
                contenu = "Erreur : ce n'est pas un objet"
            if a.function.name not in functions:
                contenu = "Erreur : cet outil n'existe pas"
            if contenu is None:
                r = functions[a.function.name](**arguments)
                contenu = r if isinstance(r, str) else json.dumps(r)
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
        s = sum(q[m] * v[m] for m in q if m in v) / (longueur(q) * longueur(v))
        if s > 0:
            resultats.append((i, s))
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
        i = int(trouve) - 1
        if 0 <= i < len(passages):
            if i not in sources:
                sources.append(i)
        else:
            texte = texte.replace(f"[{trouve}]", "[?]")
    return texte, sources
