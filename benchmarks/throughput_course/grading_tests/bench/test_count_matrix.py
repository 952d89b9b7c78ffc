import torch

from coursegrader.checks import check, expect


@check(points=1, message="Comparez sur un petit exemple calculé à la main.")
def test_count_matrix(student):
    ids = torch.randint(0, 6, (200,), generator=torch.Generator().manual_seed(1))
    got = student.count_matrix(ids, 6)
    expected = torch.zeros(6, 6, dtype=torch.int64)
    for a, b in zip(ids[:-1].tolist(), ids[1:].tolist()):
        expected[a, b] += 1
    expect.close(got, expected, what="count_matrix", rtol=1e-3, atol=1e-4)
