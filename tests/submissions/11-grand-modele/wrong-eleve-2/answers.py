# %% chat
def chat(client, messages, model, temperature=0.0, max_tokens=200):
    ask = client.chat.complete if hasattr(client.chat, "complete") else client.chat.completions.create
    try:
        r = ask(model=model, messages=messages, temperature=temperature, max_tokens=max_tokens)
    except Exception:
        return "", {"input": 0, "output": 0, "truncated": False}
    return r.choices[0].message.content or "", {
        "input": r.usage.prompt_tokens,
        "output": r.usage.completion_tokens,
        "truncated": r.choices[0].finish_reason == "length",
    }
