import torch

from coursegrader.checks import check, expect


@check(points=1, message="Comparez sur un petit exemple calculé à la main.")
def test_one_hot(student):
    ids = torch.randint(0, 7, (20,), generator=torch.Generator().manual_seed(3))
    got = student.one_hot(ids, 7)
    expected = (ids[:, None] == torch.arange(7)).double()
    expect.close(got, expected, what="one_hot", rtol=1e-3, atol=1e-4)
