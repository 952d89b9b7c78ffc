"""The figures on the course's slides beside the same figures measured on a list of names.

The slides were made from INSEE's official list, which is not shipped; the default list gives close figures, the
official one (`reference.names.load_insee`) the slides' own within their rounding.
"""

from dataclasses import dataclass

from reference.count_model import count_bigrams, normalize_rows
from reference.evaluation import mean_nll
from reference.mlp import mlp_parameters
from reference.vocabulary import build_vocabulary

# (current symbol, next symbol): probability on the slides. The path spells « marley ».
SLIDE_PROBABILITIES = {
    (".", "m"): 0.123,
    ("m", "a"): 0.454,
    ("a", "r"): 0.088,
    ("r", "l"): 0.024,
    ("l", "e"): 0.139,
    ("e", "y"): 0.025,
    ("y", "."): 0.240,
}
SLIDE_NLL = 2.47  # nats per predicted character
SLIDE_SYMBOLS = 37  # rounded to 40 where the slides count contexts; 14,007 parameters need 37
SLIDE_MLP_PARAMETERS = 14_007
SLIDE_MLP = {"context": 3, "embedding": 10, "hidden": 200}


@dataclass(frozen=True)
class Figures:
    """What one list of names gives; the slides' figures are this module's constants.

    names: number of names. symbols: vocabulary size V, '.' included. nll: mean per predicted character of the bigram
    table on its own list, in nats. mlp_parameters: parameters of the slides' three-layer model on V symbols.
    probabilities: (current, next) symbol to P(next | current), the pairs of `SLIDE_PROBABILITIES`.
    """

    names: int
    symbols: int
    nll: float
    mlp_parameters: int
    probabilities: dict[tuple[str, str], float]

    @property
    def max_probability_error(self) -> float:
        """Largest absolute difference between a slide's probability and the measured one."""
        return max(abs(self.probabilities[pair] - slide) for pair, slide in SLIDE_PROBABILITIES.items())

    def as_dict(self) -> dict[str, object]:
        """Everything as plain values that `json.dumps` accepts; probabilities under names such as 'P(m|.)'."""
        probabilities = {
            _label(pair): {"slide": slide, "measured": self.probabilities[pair]}
            for pair, slide in SLIDE_PROBABILITIES.items()
        }
        return {
            "names": self.names,
            "symbols": self.symbols,
            "nll": self.nll,
            "mlp_parameters": self.mlp_parameters,
            "max_probability_error": self.max_probability_error,
            "probabilities": probabilities,
        }

    def table(self) -> str:
        """Printable table, one figure a line: name, slide, measured."""
        rows = [
            ("figure", "slide", "measured"),
            ("names", "", f"{self.names:,}"),
            ("symbols with '.'", f"{SLIDE_SYMBOLS}", f"{self.symbols}"),
            ("three-layer parameters", f"{SLIDE_MLP_PARAMETERS:,}", f"{self.mlp_parameters:,}"),
            ("bigram NLL (nats)", f"{SLIDE_NLL:.2f}", f"{self.nll:.4f}"),
        ]
        for pair, slide in SLIDE_PROBABILITIES.items():
            rows.append((_label(pair), f"{slide:.3f}", f"{self.probabilities[pair]:.4f}"))
        rows.append(("largest probability error", "", f"{self.max_probability_error:.4f}"))
        return "\n".join(f"{name:<26}{slide:>8}{measured:>10}" for name, slide, measured in rows)


def figures(names: list[str]) -> Figures:
    """Measure the slides' figures on a list of names (no smoothing, evaluated on the list itself).

    A pair with a symbol that the list does not have gets probability 0.

    Raises:
        ValueError: the list is empty.
    """
    itos, stoi = build_vocabulary(names)
    P = normalize_rows(count_bigrams(names, stoi))  # (V, V)
    probabilities = {
        (current, following): P[stoi[current], stoi[following]].item() if {current, following} <= stoi.keys() else 0.0
        for current, following in SLIDE_PROBABILITIES
    }
    return Figures(
        names=len(names),
        symbols=len(itos),
        nll=mean_nll(names, P, stoi),
        mlp_parameters=mlp_parameters(len(itos), **SLIDE_MLP),
        probabilities=probabilities,
    )


def _label(pair: tuple[str, str]) -> str:
    current, following = pair
    return f"P({following}|{current})"
