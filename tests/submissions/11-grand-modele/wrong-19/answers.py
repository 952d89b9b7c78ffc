# %% run_tools
def run_tools(client, messages, tools, functions, model, max_rounds=5):
    messages = list(messages)
    m = client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message
    rondes = 0
    while m.tool_calls:
        if rondes == max_rounds:
            raise RuntimeError("trop de rondes")
        rondes += 1
        messages.append(m)
        for a in m.tool_calls:
            try:
                r = functions[a.function.name](**json.loads(a.function.arguments))
                contenu = r if isinstance(r, str) else json.dumps(r)
            except Exception as e:
                contenu = f"Erreur : {e}"
            messages.append({"role": "tool", "tool_call_id": a.id, "content": contenu})
        m = client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message
    return m.content or ""
