"""What the author of a hidden check needs.

    from coursegrader.checks import Generator, check, expect

    @check(points=1, message="Chaque ligne de P doit avoir pour somme 1.")
    def test_rows(student):
        P = student.normalize_rows(torch.tensor([[1, 3], [0, 5]]))
        expect.rows_sum_to_one(P, what="P")

Checks run in the trusted process, on values that came back as data. `Generator(seed)` is an argument that arrives as a
`torch.Generator` with this seed.
"""

from coursegrader.checks import expect
from coursegrader.checks.check import check
from coursegrader.checks.errors import CheckFailed, StudentError
from coursegrader.sandbox.wire import Generator

__all__ = ["CheckFailed", "Generator", "StudentError", "check", "expect"]
