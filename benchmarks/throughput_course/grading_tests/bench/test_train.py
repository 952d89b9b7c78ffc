import torch

from coursegrader.checks import check, expect


@check(points=1, message="Comparez sur un petit exemple calculé à la main.")
def test_train(student):
    generator = torch.Generator().manual_seed(5)
    X = torch.randn(200, 8, generator=generator)
    Y = torch.randint(0, 4, (200,), generator=generator)
    Y[0] = 3
    got = student.train(X, Y, 30, 0.5)
    W = torch.zeros(8, 4)
    for _ in range(30):
        W = W - 0.5 * X.T @ (torch.softmax(X @ W, 1) - torch.eye(4)[Y]) / 200
    expected = W.double()
    expect.close(got, expected, what="train", rtol=1e-3, atol=1e-4)
