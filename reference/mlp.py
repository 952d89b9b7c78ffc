"""The three-layer model of Bengio et al. (2003): character embeddings, one hidden layer, a softmax over the symbols."""


def mlp_parameters(symbols: int, context: int, embedding: int, hidden: int) -> int:
    """Number of parameters of the model without direct connections.

    C (V, E), then W1 (kE, H) and b1 (H,), then W2 (H, V) and b2 (V,), for V symbols, a context of k symbols,
    embeddings of size E and H hidden units.

    Source: Bengio et al. (2003), "A Neural Probabilistic Language Model", section 2.

    Example:
        >>> mlp_parameters(symbols=37, context=3, embedding=10, hidden=200)
        14007
    """
    table = symbols * embedding
    first_layer = context * embedding * hidden + hidden
    second_layer = hidden * symbols + symbols
    return table + first_layer + second_layer
