"""Verdicts, cells and pages that several tests of the feedback need."""

from __future__ import annotations

import struct
import zlib
from base64 import b64encode
from typing import Any

from coursegrader.feedback import FeedbackCell, Misconception, feedback_page
from coursegrader.verdict import CheckResult, ExerciseResult, Verdict

KEEPDIM = Misconception(
    "keepdim",
    "keepdim oublié dans la somme",
    "Sans keepdim=True, la somme perd une dimension et la division suit les colonnes.",
    "Diffusion : qui divise qui ?",
)


def check(passed: bool | None, message: str = "", **more: Any) -> CheckResult:
    return CheckResult("test_hidden_name", passed, 1.0, message, **more)


def verdict(*exercises: ExerciseResult, **changes: Any) -> Verdict:
    fields: dict[str, Any] = {
        "student": "lea",
        "assignment": "01-compter-generer",
        "status": "graded",
        "submission": "9f86d081884c7d659a2feaa0c55ad015",
        "course_version": "v1",
        "engine_version": "0.1.0",
        "isolation": "full",
        "exercises": exercises,
    }
    return Verdict(**{**fields, **changes})


def page(found: Verdict, cells: list[FeedbackCell] | None = None, **changes: Any) -> str:
    fields: dict[str, Any] = {
        "course_title": "Modèles de langage",
        "assignment_title": "Compter et générer",
        "exercise_titles": {"count_bigrams": "Compter les bigrammes"},
        "misconceptions": {"keepdim": KEEPDIM},
    }
    return feedback_page(found, cells or [], **{**fields, **changes})


def stream(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def display(**data: Any) -> dict[str, Any]:
    """An output of display data; `text_html` stands for `text/html`."""
    return {"output_type": "display_data", "data": {k.replace("_", "/"): v for k, v in data.items()}, "metadata": {}}


def error(*lines: str, name: str = "ValueError", value: str = "non") -> dict[str, Any]:
    return {"output_type": "error", "ename": name, "evalue": value, "traceback": list(lines)}


def solution(source: str, *outputs: dict[str, Any], status: str = "ok", exercise: str = "decode") -> FeedbackCell:
    return FeedbackCell("code", exercise, "solution", source, status, outputs)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int = 3, height: int = 2, *extra: bytes, noise: bytes | None = None) -> bytes:
    """A grey picture; `extra` chunks come before its data, `noise` replaces the compressed rows."""
    rows = zlib.compress(b"".join(b"\x00" + bytes(width) for _ in range(min(height, 100)))) if noise is None else noise
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(extra) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def base64(data: bytes) -> str:
    return b64encode(data).decode("ascii")


def mixed() -> tuple[Verdict, list[FeedbackCell]]:
    """A submission with every state that an exercise can have."""
    crashed = "« sample_ids » a levé IndexError à la ligne 3 de votre cellule."
    found = verdict(
        ExerciseResult("build_vocabulary", 2, (check(True), check(True))),
        ExerciseResult(
            "normalize_rows",
            3,
            (
                check(
                    False,
                    "Chaque ligne doit avoir une somme de 1.",
                    reason="La somme de la ligne « P[3] » est 0.71 au lieu de 1.",
                    expected="somme 1",
                    actual="somme 0.71",
                    misconception="keepdim",
                ),
                check(True),
            ),
        ),
        ExerciseResult(
            "sample_ids",
            2,
            (check(False, "Suivez la loi P.", reason=crashed), check(False, "Finissez.", reason=crashed)),
        ),
        ExerciseResult("count_bigrams", 3, (check(True), check(None, "FAUTE", fault="SECRET du test"))),
        ExerciseResult("decode", 1, (check(False, "Rien à lire."),), answered=False),
        ExerciseResult("explain_nll", 2, (), manual=True),
        warnings=("Deux cellules portaient le même identifiant.",),
        isolation="reduced",
    )
    cells = [
        FeedbackCell("markdown", None, "given", "# Prose du cours"),
        solution("x = 1\ny = 2", stream("bonjour\n"), exercise="build_vocabulary"),
        FeedbackCell("code", "build_vocabulary", "check", "source du cours", "ok", [stream("✓ itos\n")]),
        FeedbackCell(
            "code", None, "extra", "plt.show()", "ok", [display(image_png=base64(png()), text_plain="<Figure>")]
        ),
        solution("P = 0", error("\x1b[31mIndexError\x1b[0m: hors"), status="error", exercise="sample_ids"),
        solution("raise NotImplementedError", status="error", exercise="decode"),
        FeedbackCell("markdown", "explain_nll", "solution", "La perplexité <b>mesure</b> l'hésitation."),
    ]
    return found, cells
