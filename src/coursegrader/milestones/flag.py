"""Is this project more than a wrapper around a hosted model? A flag with its evidence for the teacher, never a verdict."""

from __future__ import annotations

from dataclasses import dataclass

from coursegrader.milestones.evidence import Code, Seen

OWN = ("data", "training", "evaluation", "artefact")
SHOWN = 5


@dataclass(frozen=True)
class Flag:
    """What a teacher should look at.

    Attributes:
        kind: "" (nothing to look at), "nothing" (no code), "wrapper" (a hosted model answers and nothing is trained), "hosted training"
            (what is trained is trained by a hosted service), "incomplete" (no hosted model, but something of one's own is missing).
        missing: which of OWN was not seen.
        seen: the evidence, at most SHOWN of each kind.
        idle: what stands in the code but is called by nothing.
        unreadable: files that are no Python.
        unread: files that are too long to be read.
    """

    kind: str
    missing: tuple[str, ...]
    seen: tuple[Seen, ...]
    idle: tuple[Seen, ...]
    unreadable: tuple[str, ...]
    unread: tuple[str, ...] = ()

    @property
    def raised(self) -> bool:
        """Whether the teacher is asked to look."""
        return bool(self.kind)


def judge_code(code: Code) -> Flag:
    """The flag of a project's code.

    Example:
        >>> from coursegrader.milestones.evidence import read_code
        >>> judge_code(read_code({"app.py": "import openai\\nprint(openai.chat.completions.create(model='m'))"})).kind
        'wrapper'
    """
    missing = tuple(kind for kind in OWN if not code.of(kind))
    hosted, tuned = bool(code.of("hosted")), bool(code.of("hosted_training"))
    if not code.files and not code.of("artefact"):
        kind = "nothing"
    elif tuned and "training" in missing:
        kind = "hosted training"
    elif hosted and "training" in missing:
        kind = "wrapper"
    else:
        kind = "incomplete" if missing or code.of("hidden") or code.unread else ""
    seen = tuple(seen for name in ("hosted", "hosted_training", "hidden", *OWN) for seen in code.of(name)[:SHOWN])
    return Flag(
        kind, missing, seen, tuple(code.idle[: 2 * SHOWN]), tuple(code.unreadable[:SHOWN]), tuple(code.unread[:SHOWN])
    )
