"""Causal attention by its formula, several heads of it, and the transformer's block around them."""

import math

import torch


def causal_attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Chaque position fait une moyenne des valeurs des positions qui ne viennent pas après elle.

    Le poids de la position j dans la moyenne de la position t est la softmax, sur les j de 0 à t, des scores
    `q[t] · k[j] / racine(d)`. Les positions j plus grandes que t ont le poids 0.

    Paramètres
        q, k, v : requêtes, clés et valeurs, tenseurs réels de la même forme (..., T, d) : (B, T, d) pour B exemples,
        (B, n, T, d) pour B exemples et n têtes ; T positions, d canaux. Ils ne sont pas modifiés.

    Renvoie
        Un tenseur réel de la même forme (..., T, d), sans NaN, même pour des scores de plusieurs milliers.

    Exemple
        >>> q = k = torch.zeros(1, 3, 1)  # tous les scores valent 0 : des moyennes simples
        >>> causal_attention(q, k, torch.tensor([[[3.0], [5.0], [10.0]]])).flatten().tolist()
        [3.0, 4.0, 6.0]

    Source : Vaswani et al. (2017), « Attention Is All You Need », § 3.2.1 et 3.2.3.
    """
    T, d = q.shape[-2:]
    scores = q @ k.transpose(-2, -1) / math.sqrt(d)  # (..., T, T): row t asks, column j answers
    future = torch.ones(T, T, dtype=torch.bool).triu(1)  # (T, T)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)  # (..., T, T), rows sum to 1
    return weights @ v  # (..., T, d)


def multi_head_attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, n_heads: int) -> torch.Tensor:
    """Plusieurs attentions causales côte à côte, chacune sur sa part des canaux.

    La tête numéro i reçoit les canaux i * d / n_heads à (i + 1) * d / n_heads - 1 de q, de k et de v, et sa réponse
    occupe les mêmes canaux du résultat. Les scores d'une tête sont divisés par la racine de d / n_heads.

    Paramètres
        q, k, v : tenseurs réels de forme (B, T, d).
        n_heads : nombre de têtes ; il divise d.

    Renvoie
        Un tenseur réel de forme (B, T, d).

    Exemple
        >>> q = k = torch.zeros(1, 2, 4)
        >>> v = torch.tensor([[[1.0, 2.0, 3.0, 4.0], [3.0, 4.0, 5.0, 6.0]]])
        >>> multi_head_attention(q, k, v, n_heads=2).tolist()
        [[[1.0, 2.0, 3.0, 4.0], [2.0, 3.0, 4.0, 5.0]]]

    Source : Vaswani et al. (2017), « Attention Is All You Need », § 3.2.2.
    """
    B, T, d = q.shape
    q, k, v = (x.reshape(B, T, n_heads, d // n_heads).transpose(1, 2) for x in (q, k, v))  # (B, n, T, d / n)
    heads = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)  # (B, n, T, d / n)
    return heads.transpose(1, 2).reshape(B, T, d)


class Block(torch.nn.Module):
    """Un bloc de transformeur : les positions se parlent (attention), puis chacune réfléchit (deux couches).

        x = x + proj(attention(qkv(ln1(x))))
        x = x + down(gelu(up(ln2(x))))

    Paramètres
        d : nombre de canaux.
        n_heads : nombre de têtes de l'attention causale ; il divise d.

    Attributs, de ces noms
        ln1, ln2 : `torch.nn.LayerNorm(d)`.
        qkv : `torch.nn.Linear(d, 3 * d, bias=False)` ; sa sortie contient q, puis k, puis v, de d canaux chacun.
        proj : `torch.nn.Linear(d, d)`.
        up, down : `torch.nn.Linear(d, 4 * d)` et `torch.nn.Linear(4 * d, d)` ; entre les deux,
        `torch.nn.functional.gelu`.

    Appel
        x : tenseur réel de forme (B, T, d). Renvoie un tenseur de la même forme ; x n'est pas modifié.

    Exemple
        >>> block = Block(8, n_heads=2)
        >>> block(torch.zeros(3, 5, 8)).shape
        torch.Size([3, 5, 8])
        >>> sum(p.numel() for p in block.parameters())  # 12 d² + 10 d
        848

    Source : Radford et al. (2019), « Language Models are Unsupervised Multitask Learners » (GPT-2), § 2.3.
    """

    def __init__(self, d: int, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.ln1, self.ln2 = torch.nn.LayerNorm(d), torch.nn.LayerNorm(d)
        self.qkv = torch.nn.Linear(d, 3 * d, bias=False)
        self.proj = torch.nn.Linear(d, d)
        self.up, self.down = torch.nn.Linear(d, 4 * d), torch.nn.Linear(4 * d, d)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        B, T, d = x.shape
        q, k, v = (
            part.view(B, T, self.n_heads, d // self.n_heads).transpose(1, 2)  # (B, n, T, d / n)
            for part in self.qkv(self.ln1(x)).split(d, dim=-1)
        )
        heads = torch.nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.proj(heads.transpose(1, 2).reshape(B, T, d))
        y: torch.Tensor = x + self.down(torch.nn.functional.gelu(self.up(self.ln2(x))))
        return y


class TorchBlock(torch.nn.TransformerEncoderLayer):
    """Le bloc de PyTorch, avec le masque causal.

    Exemple
        >>> TorchBlock(8, 2)(torch.zeros(3, 5, 8)).shape
        torch.Size([3, 5, 8])
    """

    def __init__(self, d: int, n_heads: int) -> None:
        super().__init__(d, n_heads, 4 * d, dropout=0.0, activation="gelu", batch_first=True, norm_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:  # type: ignore[override]
        future = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)  # (T, T)
        return super().forward(x, src_mask=future, is_causal=True)
