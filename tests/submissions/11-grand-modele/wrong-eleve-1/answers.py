# %% few_shot
def few_shot(task, examples, x):
    for e in list(examples):
        if e[0] == x:
            examples.remove(e)
    messages = [{"role": "system", "content": task}]
    for q, r in examples:
        messages += [{"role": "user", "content": q}, {"role": "assistant", "content": r}]
    return messages + [{"role": "user", "content": x}]


# %% chat
def chat(client, messages, model, temperature=0.0, max_tokens=200):
    ask = client.chat.complete if hasattr(client.chat, "complete") else client.chat.completions.create
    r = ask(model=model, messages=messages, temperature=temperature, max_tokens=max_tokens)
    return r.choices[0].message.content or "", {
        "input": r.usage.prompt_tokens,
        "output": r.usage.completion_tokens,
        "truncated": r.choices[0].finish_reason != "stop",
    }


# %% with_retries
def with_retries(call, attempts=5, base=1.0, sleep=time.sleep):
    for i in range(attempts):
        try:
            return call()
        except Exception as e:
            if i == attempts - 1 or not (
                getattr(e, "status_code", 0) == 429
                or getattr(e, "status_code", 0) >= 500
                or "Timeout" in type(e).__name__
            ):
                raise
            sleep(base * 2**i)


# %% run_tools
def run_tools(client, messages, tools, functions, model, max_rounds=5):
    for _ in range(max_rounds):
        m = client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message
        if not m.tool_calls:
            return m.content or ""
        messages = messages + [m]
        for c in m.tool_calls:
            try:
                r = functions[c.function.name](**json.loads(c.function.arguments))
                r = r if isinstance(r, str) else str(r)
            except Exception as e:
                r = f"Erreur : {e}"
            messages = messages + [{"role": "tool", "tool_call_id": c.id, "content": r}]
    raise RuntimeError("trop")
