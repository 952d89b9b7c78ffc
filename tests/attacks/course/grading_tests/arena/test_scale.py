import torch
from reference.secrets_of_the_arena import scale

from coursegrader.checks import check, expect

HIDDEN = "canari-55aa90d1-verification"


@check(points=1, message="Le facteur n'est pas le bon.")
def test_values(student, seed):
    x = torch.randn(7, generator=torch.Generator().manual_seed(seed))
    expect.close(student.scale(x), scale(x), what="scale(x)")


@check(points=1, message="Le facteur n'est pas le bon pour une matrice.")
def test_shapes(student, seed):
    x = torch.randn(3, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    got = student.scale(x)
    expect.shape(got, (3, 4), what="scale(x)")
    expect.finite(got, what="scale(x)")
    expect.close(got, scale(x), what="scale(x)")


@check(points=1, message="Le deuxième appel doit donner le même résultat que le premier, et le bon.")
def test_twice(student, seed):
    x = torch.randn(5, generator=torch.Generator().manual_seed(seed)) + 3
    first, second = student.scale(x), student.scale(x)
    expect.close(second, first, what="second appel")
    expect.close(second, scale(x), what="second appel")
