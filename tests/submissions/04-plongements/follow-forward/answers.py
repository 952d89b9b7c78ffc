# %% forward
def forward(params, X):
    x = embed(params["C"], X)
    return (x @ params["W1"] + params["b1"]) @ params["W2"] + params["b2"]
