"""Hidden checks of normalize_rows: row sums, smoothing, empty rows, untouched input.

The tables are not symmetric, and the sums of their rows differ from those of their columns. On a table counted from
names both sums are equal, so that dividing by the wrong ones gives the right NLL: nothing else would notice.
"""

import torch

from coursegrader.checks import CheckFailed, StudentError, check, expect
from reference.count_model import normalize_rows


def made_up_counts(rng, size=5):
    """(V, V) counts without a row of zeros; they grow from row to row, so that rows and columns have other sums."""
    rows = [[rng.randint(0, 8) * (i + 1) for _ in range(size)] for i in range(size)]
    return torch.tensor(rows) + torch.eye(size, dtype=torch.int64)


@check(
    points=1,
    message="Regardez les sommes : chaque ligne de `P` doit être la ligne de `counts` divisée par sa propre somme. "
    "Essayez sur un tableau dont les lignes et les colonnes n'ont pas les mêmes sommes, puis sur des nombres réels "
    "plus petits que 1.",
    misconceptions=["wrong-axis", "keepdim", "global-normalisation"],
)
def test_rows(student, rng):
    counts = made_up_counts(rng)
    N = counts.double()
    wrong = {
        "wrong-axis": N / N.sum(dim=0, keepdim=True),
        "keepdim": N / N.sum(dim=1),
        "global-normalisation": N / N.sum(),
    }
    P = student.normalize_rows(counts)
    expect.close(P, normalize_rows(counts), what="P", misconceptions=wrong)
    P = student.normalize_rows(N / 1000)  # the same shares, with row sums below 1
    expect.close(P, normalize_rows(counts), what="P", misconceptions=wrong)


@check(
    points=1,
    message="Regardez le lissage : où `alpha` entre-t-il dans la formule, et que devient alors la somme d'une ligne ?",
    misconceptions=["smoothing-after", "alpha-numerator-only", "wrong-axis", "keepdim", "global-normalisation"],
)
def test_smoothing(student, rng):
    counts, alpha = made_up_counts(rng), rng.choice([0.25, 0.5, 2.0])
    N = counts.double()
    smooth, sums = N + alpha, N.sum(dim=1, keepdim=True)
    wrong = {
        "smoothing-after": N / sums + alpha,
        "alpha-numerator-only": smooth / sums,
        "wrong-axis": smooth / smooth.sum(dim=0, keepdim=True),
        "keepdim": smooth / smooth.sum(dim=1),
        "global-normalisation": smooth / smooth.sum(),
    }
    P = student.normalize_rows(counts, alpha=alpha)
    expect.close(P, normalize_rows(counts, alpha), what="P", misconceptions=wrong)


@check(
    points=0.5,
    message="Essayez, sans lissage, un tableau dont une ligne ne contient que des zéros : que dit le texte de la ligne "
    "vide ?",
    misconceptions=["empty-row-nan", "empty-row-zero"],
)
def test_empty_row(student, rng):
    counts = made_up_counts(rng)
    counts[2] = 0
    right = normalize_rows(counts)
    nan, zero = right.clone(), right.clone()
    nan[2], zero[2] = torch.nan, 0
    P = student.normalize_rows(counts)
    expect.close(P, right, what="P", misconceptions={"empty-row-nan": nan, "empty-row-zero": zero})


@check(
    points=0.5,
    message="Regardez `counts` avant et après l'appel. Les opérations comme `+=` et `/=` écrivent dans le tableau "
    "reçu, comme ce qui remplit une ligne vide avant la division.",
)
def test_input_unchanged(student, rng):
    counts = made_up_counts(rng).float()  # float32 already: .float() makes no copy of it
    P = student.normalize_rows(counts, alpha=1.0)
    expect.unchanged(student, what="normalize_rows")
    expect.shape(P, tuple(counts.shape), what="P")
    expect.finite(P, what="P")
    if (
        len(torch.as_tensor(P).unique()) < 2
    ):  # who leaves the table alone because nothing is done with it has done nothing
        raise CheckFailed("Toutes les cases de P ont la même valeur.")
    counts[1] = 0  # a row that many fill before they divide
    for alpha in (1.0, 0.0):
        try:
            student.normalize_rows(counts, alpha=alpha)
        except StudentError:  # test_empty_row says so
            continue
        expect.unchanged(student, what="normalize_rows")
