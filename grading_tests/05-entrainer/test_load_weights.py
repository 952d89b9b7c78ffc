"""Hidden checks of save_weights and load_weights, each against torch's own other half."""

import pytest
import torch

from coursegrader.checks import CheckFailed, StudentError, check, expect


@pytest.fixture
def weights(rng):
    """Tensors of several shapes and types, under names that no student can know."""
    names = rng.sample(["C", "W1", "b1", "W2", "couche", "biais"], 4)
    generator = torch.Generator().manual_seed(rng.randrange(2**31))
    shapes, types = [(3, 2), (5,), (2, 2, 2), (1,)], [torch.float32, torch.float64, torch.float32, torch.int64]
    tensors = [
        (torch.randn(shape, generator=generator) * 9).to(kind) for shape, kind in zip(shapes, types, strict=True)
    ]
    return dict(zip(names, tensors, strict=True))


def same(found, weights, what):
    expect.kind(found, dict, what=what)
    expect.equal(found, weights, what=what)
    for name, tensor in weights.items():
        expect.dtype(found[name], tensor.dtype, what=f"{what}['{name}']")


@check(
    points=0.25,
    message="Enregistrez avec `torch.save` le dictionnaire de tenseurs lui-même, dans le fichier `path`.",
)
def test_saved(student, weights):
    student.save_weights(weights, "poids-essai.pt")
    try:
        found = student.ref("torch").load("poids-essai.pt", weights_only=True)
    except StudentError as error:
        if error.reason != "raised":
            raise
        # Of torch.load's own error the student could make nothing: it is not their function.
        raise CheckFailed(
            "`torch.load(path, weights_only=True)` ne trouve pas votre fichier, ou ne sait pas le relire."
        ) from None
    same(found, weights, "le contenu du fichier")


@check(points=0.25, message="Relisez un fichier écrit par `torch.save` : le dictionnaire doit revenir tel quel.")
def test_loaded(student, weights):
    student.ref("torch").save(weights, "poids-donnes.pt")
    same(student.load_weights("poids-donnes.pt"), weights, "le dictionnaire relu")


@check(
    points=0.5,
    message="Un fichier reçu de quelqu'un d'autre peut contenir du code. Relisez le passage sur `weights_only`.",
    misconceptions=["code-loaded"],
)
def test_code_refused(student, weights, take_away):
    """A class is no tensor: what would load it would also run what a pickle says."""
    torch_there = student.ref("torch")
    torch_there.save(weights, "poids-donnes.pt")
    same(student.load_weights("poids-donnes.pt"), weights, "le dictionnaire relu")
    # An error afterwards comes too late: what runs code is pickle's reader, which weights_only does without.
    take_away(
        ["torch.serialization.pickle.Unpickler"],
        lambda: student.load_weights("poids-donnes.pt"),
        "Vous relisez le fichier par un moyen qui exécute ce qu'il contient.",
        "code-loaded",
    )
    torch_there.save({"b2": student.ref("Path")}, "piege.pt")
    known = None
    try:
        known = None if student.load_weights("piege.pt") in ({}, None) else "code-loaded"
    except StudentError as error:
        if error.reason == "raised":
            return
        if error.reason != "unsupported":
            raise
        known = "code-loaded"
    raise CheckFailed("Le fichier piégé n'a pas donné d'erreur.", misconception=known)
