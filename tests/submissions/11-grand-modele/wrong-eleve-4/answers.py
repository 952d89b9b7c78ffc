# %% few_shot
def few_shot(task, examples, x):
    m = [{"role": "system", "content": task}]
    for q, r in dict(examples).items():
        if q != x:
            m += [{"role": "user", "content": q}, {"role": "assistant", "content": r}]
    return m + [{"role": "user", "content": x}]


# %% with_retries
def with_retries(call, attempts=5, base=1.0, sleep=time.sleep):
    for i in range(attempts):
        try:
            r = call()
            if r:
                return r
        except Exception as e:
            if i == attempts - 1 or getattr(e, "status_code", None) not in (429, 503) and "Timeout" not in type(e).__name__:
                raise
            sleep(base * 2**i)


# %% run_tools
def run_tools(client, messages, tools, functions, model, max_rounds=5):
    fil = list(messages)
    for _ in range(max_rounds):
        m = client.chat.completions.create(model=model, messages=fil, tools=tools).choices[0].message
        if not m.tool_calls:
            return m.content or ""
        fil.append(m)
        for a in m.tool_calls:
            try:
                args = json.loads(a.function.arguments)
                r = functions[a.function.name](**args) if isinstance(args, dict) else functions[a.function.name](*args)
                r = r if isinstance(r, str) else json.dumps(r)
            except Exception as e:
                r = f"Erreur : {e}"
            fil.append({"role": "tool", "tool_call_id": a.id, "content": r})
    raise RuntimeError("trop")


# %% retrieve_passages
def retrieve_passages(query, passages, k=3):
    mots = lambda t: re.findall(r"[a-z0-9]+", t.lower())
    docs = [Counter(mots(p)) for p in passages]
    df = Counter(m for d in docs for m in d)
    idf = lambda m: math.log((1 + len(docs)) / (1 + df[m])) + 1
    v = lambda c: {m: n * idf(m) for m, n in c.items()}
    q = v(Counter(mots(query)))
    L = lambda w: math.sqrt(sum(x * x for x in w.values())) or 1
    s = [(i, sum(q.get(m, 0) * x for m, x in v(d).items()) / L(q) / L(v(d))) for i, d in enumerate(docs)]
    return sorted([c for c in s if c[1] > 0], key=lambda c: -c[1])[:k]


# %% mask_personal_data
def mask_personal_data(text, patterns):
    noms = list(patterns)
    tout = re.compile("|".join(f"(?P<k{i}>{patterns[s]})" for i, s in enumerate(noms)))
    connus, table, n = {}, {}, Counter()
    def f(m):
        sorte = noms[int(m.lastgroup[1:])]
        if (sorte, m[0]) not in connus:
            n[sorte] += 1
            connus[sorte, m[0]] = f"[{sorte}_{n[sorte]}]"
            table[connus[sorte, m[0]]] = m[0]
        return connus[sorte, m[0]]
    return tout.sub(f, text), table

def restore(text, table):
    for e, d in table.items():
        text = text.replace(e, d)
    return text
