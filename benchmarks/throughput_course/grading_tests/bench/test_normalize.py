import torch

from coursegrader.checks import check, expect


@check(points=1, message="Comparez sur un petit exemple calculé à la main.")
def test_normalize(student):
    counts = torch.randint(1, 9, (5, 5), generator=torch.Generator().manual_seed(2))
    got = student.normalize(counts)
    expected = counts.double() / counts.double().sum(1, keepdim=True)
    expect.close(got, expected, what="normalize", rtol=1e-3, atol=1e-4)
