# %% merge_pair
def merge_pair(ids, pair, new_id):
    return list(ids)


# %% encode_word
def encode_word(word, merges):
    return to_bytes(word)


# %% token_bytes
def token_bytes(merges):
    return [[] for _ in range(256 + len(merges))]


# %% decode_tokens
def decode_tokens(ids, merges):
    return ""
