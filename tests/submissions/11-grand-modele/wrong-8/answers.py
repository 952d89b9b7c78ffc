# %% run_tools
def run_tools(client, messages, tools, functions, model, max_rounds=5):
    messages = list(messages)
    for _ in range(max_rounds):
        m = client.chat.completions.create(model=model, messages=messages, tools=tools).choices[0].message
        if not m.tool_calls:
            return m.content or ""
        appels = [{"id": a.id, "name": a.function.name, "arguments": a.function.arguments} for a in m.tool_calls]
        messages.append({"role": "assistant", "content": m.content, "tool_calls": appels})
        for a in m.tool_calls:
            try:
                resultat = functions[a.function.name](**json.loads(a.function.arguments))
                contenu = resultat if isinstance(resultat, str) else json.dumps(resultat)
            except Exception as e:
                contenu = f"Erreur : {e}"
            messages.append({"role": "tool", "tool_call_id": a.id, "content": contenu})
    raise RuntimeError("trop de demandes")
