import torch

from coursegrader.checks import check, expect


@check(points=1, message="Comparez sur un petit exemple calculé à la main.")
def test_cross_entropy(student):
    generator = torch.Generator().manual_seed(4)
    logits = torch.randn(30, 5, generator=generator)
    targets = torch.randint(0, 5, (30,), generator=generator)
    got = student.cross_entropy(logits, targets)
    expected = -(logits.double().log_softmax(1)[torch.arange(30), targets]).mean()
    expect.close(got, expected, what="cross_entropy", rtol=1e-3, atol=1e-4)
