"""Hidden checks of best_epoch: patience, equal losses, a curve read to its end."""

import pytest

from coursegrader.checks import check, expect
from reference.training import best_epoch


def stop_epoch(losses, patience):
    """The epoch after which early stopping stops."""
    for epoch in range(len(losses)):
        if epoch - min(range(epoch + 1), key=losses.__getitem__) >= patience:
            return epoch
    return len(losses) - 1


def rises_in_a_row(losses, patience):
    """Patience counted against the epoch before instead of the best one."""
    best = rises = 0
    for epoch in range(1, len(losses)):
        rises = rises + 1 if losses[epoch] >= losses[epoch - 1] else 0
        best = epoch if losses[epoch] < losses[best] else best
        if rises >= patience:
            break
    return best


def never_reset(losses, patience):
    """All epochs without progress counted together."""
    best = bad = 0
    for epoch in range(1, len(losses)):
        best, bad = (epoch, bad) if losses[epoch] < losses[best] else (best, bad + 1)
        if bad >= patience:
            break
    return best


def known_mistakes(curves):
    """What the usual wrong rules give on (losses, patience) pairs."""
    return {
        "whole-curve": [min(range(len(losses)), key=losses.__getitem__) for losses, _ in curves],
        "stop-for-best": [stop_epoch(losses, patience) for losses, patience in curves],
        "patience-from-previous": [rises_in_a_row(losses, patience) for losses, patience in curves],
        "patience-never-reset": [never_reset(losses, patience) for losses, patience in curves],
        "patience-too-long": [best_epoch(losses, patience + 1) for losses, patience in curves],
        "epochs-from-one": [best_epoch(losses, patience) + 1 for losses, patience in curves],
        "loss-for-epoch": [losses[best_epoch(losses, patience)] for losses, patience in curves],
    }


@pytest.fixture
def level(rng):
    """A loss that the curves' losses are told from."""
    return round(rng.uniform(1.9, 2.1), 2)


def curve(level, text):
    """One loss a digit, in tenths above the level."""
    return [round(level + int(digit) / 10, 3) for digit in text]


@check(
    points=1,
    message="Lisez la courbe époque par époque, avec votre doigt : combien d'époques de suite sans faire mieux que la "
    "meilleure, et que retient-on alors ?",
    misconceptions=["whole-curve", "stop-for-best", "patience-from-previous", "patience-never-reset",
                    "patience-too-long", "epochs-from-one", "loss-for-epoch"],
)  # fmt: skip
def test_patience(student, level):
    shapes = [("794839424", 2), ("7948535992", 3), ("5673387826", 2), ("8956358272", 2), ("97563784", 2), ("54", 1)]
    curves = [(curve(level, text), patience) for text, patience in shapes]
    kept = [student.best_epoch(losses, patience) for losses, patience in curves]
    right = [best_epoch(losses, patience) for losses, patience in curves]
    expect.equal(kept, right, what="les époques retenues", misconceptions=known_mistakes(curves))


@check(
    points=0.5,
    message="Essayez une courbe qui ne fait que descendre, même de très peu, puis une courbe d'une seule époque.",
    misconceptions=["stop-for-best", "epochs-from-one", "loss-for-epoch"],
)
def test_no_stop(student, level):
    curves = [(curve(level, text), patience) for text, patience in [("9876543", 2), ("5", 3), ("76545", 3)]]
    kept = [student.best_epoch(losses, patience) for losses, patience in curves]
    known = known_mistakes(curves)
    wrong = {name: known[name] for name in ("stop-for-best", "epochs-from-one", "loss-for-epoch")}
    expect.equal(kept, [6, 0, 3], what="les époques retenues", misconceptions=wrong)
    fine = [round(level - epoch / 1000, 3) for epoch in range(8)]
    expect.equal(student.best_epoch(fine, 2), 7, what="l'époque retenue d'une courbe qui descend d'un millième")


@check(
    points=0.5,
    message="Essayez une courbe où la meilleure perte revient plusieurs fois : faire aussi bien n'est pas faire mieux.",
    misconceptions=["tie-is-progress"],
)
def test_ties(student, level):
    kept = [student.best_epoch(curve(level, text), patience) for text, patience in [("75555553", 3), ("6667", 3)]]
    expect.equal(kept, [1, 0], what="les époques retenues", misconceptions={"tie-is-progress": [7, 2]})
