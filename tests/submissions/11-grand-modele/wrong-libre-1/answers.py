# %% few_shot
def few_shot(task, examples, x):
    reste = list(examples)
    for e in reste:
        if e[0] == x:
            reste.remove(e)
            break
    m = [{"role": "system", "content": task}]
    for q, r in reste:
        m += [{"role": "user", "content": q}, {"role": "assistant", "content": r}]
    return m + [{"role": "user", "content": x}]


# %% chat
def chat(client, messages, model, temperature=0.0, max_tokens=200):
    try:
        r = client.chat.completions.create(model=model, messages=messages, temperature=temperature, max_tokens=max_tokens)
    except Exception:
        r = client.chat.complete(model=model, messages=messages, temperature=temperature, max_tokens=max_tokens)
    return r.choices[0].message.content or "", {"input": r.usage.prompt_tokens, "output": r.usage.completion_tokens, "truncated": r.choices[0].finish_reason == "length"}


# %% with_retries
def with_retries(call, attempts=5, base=1.0, sleep=time.sleep):
    for i in range(attempts):
        try:
            return call()
        except Exception as e:
            if i == attempts - 1 or getattr(e, "status_code", None) not in (429, 503) and not type(e).__name__.endswith("Timeout"):
                raise
            sleep(base * 2**i)


# %% run_tools
def run_tools(client, messages, tools, functions, model, max_rounds=5):
    fil = list(messages)
    for _ in range(max_rounds):
        m = client.chat.completions.create(model=model, messages=fil, tools=tools).choices[0].message
        if m.content or not m.tool_calls:
            return m.content or ""
        fil.append(m)
        for a in m.tool_calls:
            try:
                r = functions[a.function.name](**json.loads(a.function.arguments))
                r = r if isinstance(r, str) else json.dumps(r)
            except Exception as e:
                r = f"Erreur : {e}"
            fil.append({"role": "tool", "tool_call_id": a.id, "content": r})
    raise RuntimeError("trop")


# %% chunk
def chunk(text, size, overlap=0):
    if overlap >= size:
        raise ValueError
    mots, r, i = text.split(), [], 0
    while True:
        r.append(" ".join(mots[i : i + size]))
        if i + size >= len(mots):
            return r
        i += size - overlap


# %% retrieve_passages
def retrieve_passages(query, passages, k=3):
    docs = [Counter(re.findall(r"\b\w\w+\b", p.lower())) for p in passages]
    df = Counter(m for d in docs for m in d)
    idf = lambda m: math.log((1 + len(docs)) / (1 + df[m])) + 1
    v = lambda c: {m: n * idf(m) for m, n in c.items()}
    q = v(Counter(re.findall(r"\b\w\w+\b", query.lower())))
    L = lambda w: math.sqrt(sum(x * x for x in w.values())) or 1
    s = [(i, sum(q.get(m, 0) * x for m, x in v(d).items()) / L(q) / L(v(d))) for i, d in enumerate(docs)]
    return sorted([c for c in s if c[1] > 0], key=lambda c: -c[1])[:k]


# %% answer_with_sources
def answer_with_sources(ask, question, passages):
    if not passages:
        return "Je ne trouve pas la réponse dans les documents.", []
    u = "\n".join(f"[{i}] {p}" for i, p in enumerate(passages, 1)) + "\n" + question
    t = ask([{"role": "system", "content": "Cite."}, {"role": "user", "content": u}])
    valides = {str(i) for i in range(1, len(passages) + 1)}
    n = [x for x in re.findall(r"\[(.*?)\]", t) if x in valides]
    t = re.sub(r"\[(.*?)\]", lambda m: m[0] if m[1] in valides else "[?]", t)
    return t, [int(x) for x in dict.fromkeys(n)]


# %% cost
def cost(usages, price):
    return sum(sum(v for k, v in u.items() if k != "output") * price["input"] + u["output"] * price["output"] for u in usages) / 1e6


# %% mask_personal_data
def mask_personal_data(text, patterns):
    table = {}
    for sorte, motif in patterns.items():
        for n, d in enumerate(dict.fromkeys(m.group(0) for m in re.finditer(motif, text)), 1):
            table[f"[{sorte}_{n}]"] = d
            text = text.replace(d, f"[{sorte}_{n}]")
    return text, table

def restore(text, table):
    for e, d in table.items():
        text = text.replace(e, d)
    return text
