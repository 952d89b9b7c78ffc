"""The automatic precheck of a milestone: everything that can be looked at without a teacher, as findings in French."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from coursegrader.course import Assignment, Course, Milestone
from coursegrader.messages import text
from coursegrader.milestones.evidence import read_code
from coursegrader.milestones.flag import OWN, Flag, judge_code
from coursegrader.milestones.handin import CODE, HandIn, read_hand_in, sources
from coursegrader.milestones.questions import headings
from coursegrader.milestones.repository import NoNetwork, find_links, link_problem
from coursegrader.milestones.running import run_notebooks
from coursegrader.milestones.sections import SECTIONS, sections_of
from coursegrader.milestones.slides import PAGES, read_slides
from coursegrader.milestones.worklog import read_work_log
from coursegrader.sandbox.confinement import Mode
from coursegrader.sandbox.warm import WarmParent
from coursegrader.submission import printable

SHORTEST_ANSWER = 8  # words; less is no answer to a question of a project
LONGEST_SAID = 600  # characters; what a student wrote may be among them
DATA = (
    ".csv",
    ".tsv",
    ".json",
    ".jsonl",
    ".parquet",
    ".txt",
    ".xlsx",
    ".npy",
    ".npz",
    ".zip",
    ".wav",
    ".png",
    ".jpg",
    ".db",
)
Ask = Callable[[str], str]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: its name, for programs.
        ok: True, False (missing or wrong), or None (nobody but a teacher can say).
        said: French, for the student and the teacher.
        flag: for the teacher only.
        evidence: of a flag: kind, file, line, what.
    """

    check: str
    ok: bool | None
    said: str
    flag: bool = False
    evidence: tuple[dict[str, Any], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Precheck:
    """What was found in a hand-in, and the digest of its files."""

    findings: tuple[Finding, ...]
    digest: str

    @property
    def missing(self) -> int:
        """How many things are missing or wrong."""
        return sum(finding.ok is False and not finding.flag for finding in self.findings)

    @property
    def complete(self) -> bool:
        """Whether everything that was looked at is there, and nothing needs a person to judge it."""
        return bool(self.findings) and all(finding.ok is True for finding in self.findings)

    @property
    def flags(self) -> int:
        """How many flags are raised for the teacher."""
        return sum(finding.flag for finding in self.findings)


def precheck(
    course: Course, milestone: Milestone, student: str, mode: Mode, parent: WarmParent, online: Ask | None = None
) -> Precheck:
    """Look at what a student handed in for a milestone.

    Args:
        mode, parent: how and from what confined children are made.
        online: asks whether an address answers; None, the default, contacts no network.

    Example:
        >>> precheck(course, course.milestone("but"), "lea", mode, shared()).missing    # doctest: +SKIP
        0
    """
    assignment = course.assignment(milestone.assignment)
    folder = course.root / "submitted" / student / assignment.id
    if folder.is_symlink() or not folder.is_dir():
        return Precheck((Finding("hand_in", False, text("milestones.nothing")),), "")
    found = read_hand_in(folder, assignment.id)
    asked = {exercise.id for exercise in assignment.exercises}
    found.answers = {name: answer for name, answer in found.answers.items() if name in asked}  # not the questions
    findings = [Finding("file", False, f"{name} : {text(key, **fields)}") for name, key, fields in found.problems]
    if "answers" in milestone.evidence:
        findings += _answers(course, assignment, found)
    if "hours" in milestone.evidence:
        findings.append(_hours(milestone, found))
    if "slides" in milestone.evidence:
        findings += _slides(found, mode, parent)
    if "code" in milestone.evidence:
        findings += _links(found, online)
        findings += _code(found)
        findings += run_findings(found, assignment, mode, parent)
    return Precheck(tuple(_shown(finding) for finding in findings), found.digest)


def _shown(finding: Finding) -> Finding:
    """As a terminal can show it: a name, an error or a row of somebody else's is one line and moves no cursor."""
    evidence = tuple({**seen, "what": printable(str(seen["what"]))} for seen in finding.evidence)
    return replace(finding, said=printable(finding.said)[:LONGEST_SAID], evidence=evidence)


def _answers(course: Course, assignment: Assignment, found: HandIn) -> list[Finding]:
    if not found.answers:
        return [Finding("answers", False, text("milestones.no_notebook", name=f"{assignment.id}.ipynb"))]
    stub = str(course.nbgrader.ClearSolutions.get("text_stub", "")) if course.nbgrader is not None else ""
    findings, known = [], headings(course, assignment.id)
    for exercise in assignment.exercises:
        answer = found.answers.get(exercise.id, "")
        said = " ".join(line for line in answer.splitlines() if not line.lstrip().startswith(("#", "|--", "<!--")))
        left = bool(stub) and stub in answer
        if left or len(said.split()) < SHORTEST_ANSWER:
            question = known.get(exercise.id, exercise.id)
            findings.append(Finding("answers", False, text("milestones.no_answer", question=question)))
    done = len(assignment.exercises) - len(findings)
    if not findings:
        findings.append(Finding("answers", True, text("milestones.answers", count=done)))
    return findings


def _hours(milestone: Milestone, found: HandIn) -> Finding:
    logs = [read_work_log(answer) for answer in found.answers.values()]
    log = max(logs, key=lambda one: one.rows + len(one.wrong), default=None)
    least, most = milestone.hours
    fields: dict[str, object] = {"least": f"{least:g}", "most": f"{most:g}"}
    if log is None or not log.rows + len(log.wrong):
        return Finding("hours", False, text("milestones.hours_none", **fields))
    hours = f"{log.hours:g}".replace(".", ",")
    if log.wrong:
        return Finding("hours", False, text("milestones.hours_unreadable", row=log.wrong[0], hours=hours))
    if not least <= log.hours <= most:
        return Finding("hours", False, text("milestones.hours_outside", hours=hours, **fields))
    return Finding("hours", True, text("milestones.hours", hours=hours, rows=log.rows, **fields))


def _slides(found: HandIn, mode: Mode, parent: WarmParent) -> list[Finding]:
    candidates = [file for file in found.ending(".pdf", ".pptx") if file.content is not None]
    named = ("slide", "diapo", "presentation", "présentation", "expose", "exposé")
    candidates.sort(key=lambda file: not any(word in file.path.lower() for word in named))
    if not candidates:
        notebooks = [file for file in found.ending(".ipynb") if file.content is not None]
        candidates = [file for file in notebooks if any(word in file.path.lower() for word in named)]
    if not candidates:
        too_large = any(key == "milestones.file_too_large" for _, key, _ in found.problems)
        return [] if too_large else [Finding("slides", False, text("milestones.slides_none"))]
    file = candidates[0]
    slides = read_slides(file, parent, mode)
    if slides.error:
        return [Finding("slides", False, f"{file.path} : {text(f'milestones.unopened_{slides.error}')}")]
    findings = [_page_count(file.path, slides.count)]
    if not any(page.strip() for page in slides.pages):
        return [*findings, Finding("sections", None, text("milestones.slides_no_text", name=file.path))]
    there = sections_of(slides.pages)
    missing = [text(f"milestones.section_{name}") for name in SECTIONS if name not in there]
    said = text("milestones.sections_missing", missing=", ".join(missing)) if missing else text("milestones.sections")
    return [*findings, Finding("sections", not missing, said)]


def _page_count(name: str, count: int) -> Finding:
    least, most = PAGES
    key = "milestones.slides" if least <= count <= most else "milestones.slides_count"
    return Finding("slides", least <= count <= most, text(key, name=name, count=count, least=least, most=most))


def _links(found: HandIn, online: Ask | None) -> list[Finding]:
    links = list(dict.fromkeys(link for answer in found.answers.values() for link in find_links(answer)))
    has_code = bool(found.ending(".py", ".ipynb") or found.archives)
    findings = []
    for link in links[:5]:
        problem = link_problem(link)
        shown = link if problem != "secret" else link.split("@")[-1].split("?")[0]
        if problem:
            findings.append(Finding("link", False, text(f"milestones.badlink_{problem}", link=shown)))
        else:
            findings.append(_asked(link, online))
    if not has_code:
        key = "milestones.only_link" if links else "milestones.no_code"
        findings.append(Finding("code", None if any(f.ok for f in findings) else False, text(key)))
    return findings


def _asked(link: str, online: Ask | None) -> Finding:
    """A link of the right form; without a network it is not asked, and nothing is missing for that."""
    try:
        said = None if online is None else online(link)
    except NoNetwork:
        said = None
    if said:
        return Finding("link", False, text("milestones.link_nowhere", link=link, said=said))
    key = "milestones.link" if said is None else "milestones.link_answers"
    return Finding("link", True, text(key, link=link))


def _code(found: HandIn) -> list[Finding]:
    texts, broken = sources(found)
    findings = [Finding("code", False, text("milestones.broken_notebook", name=name)) for name in broken[:3]]
    if not found.ending(".py", ".ipynb"):
        return findings
    readme = [file for file in found.files if file.path.rpartition("/")[2].lower().startswith(("readme", "lisezmoi"))]
    findings.append(_there("readme", bool(readme)))
    told = " ".join((file.content or b"").decode("utf-8", "replace").lower() for file in readme)
    code = read_code(texts, [(file.path, file.size) for file in found.files])
    code.unread += [file.path for file in found.ending(*CODE) if file.content is None]
    flag = judge_code(code)
    data_file = any(file.size > 0 and "requirements" not in file.path for file in found.ending(*DATA))
    findings.append(_there("data", data_file or (("donn" in told or "data" in told) and bool(code.of("data")))))
    findings += [_there(name, name not in flag.missing) for name in OWN if name != "data"]
    if flag.raised:
        findings.append(_flagged(flag))
    return findings


def _there(name: str, there: bool) -> Finding:
    key = f"milestones.has_{name}" if there else f"milestones.lacks_{name}"
    return Finding(name, there, text(key))


def _flagged(flag: Flag) -> Finding:
    missing = ", ".join(text(f"milestones.own_{name}") for name in flag.missing) or text("milestones.own_nothing")
    said = text(f"milestones.flag_{flag.kind.replace(' ', '_')}", missing=missing)
    evidence = [asdict(seen) for seen in flag.seen]
    evidence += [{**asdict(seen), "kind": f"{seen.kind}, never called"} for seen in flag.idle]
    evidence += [{"kind": "unreadable", "file": name, "line": 0, "what": ""} for name in flag.unreadable]
    evidence += [{"kind": "too long to be read", "file": name, "line": 0, "what": ""} for name in flag.unread]
    return Finding("flag", None, said, flag=True, evidence=tuple(evidence))


def run_findings(found: HandIn, assignment: Assignment, mode: Mode, parent: WarmParent) -> list[Finding]:
    """Whether the notebooks run from top to bottom in the sandbox."""
    findings = []
    for ran in run_notebooks(found, assignment.limits, mode, parent):
        fields = {"name": ran.name, "cell": ran.cell, "error": ran.error}
        ok = {"ran": True, "error": False, "stopped": False}.get(ran.status)
        findings.append(Finding("runs", ok, text(f"milestones.run_{ran.status}", **fields)))
    return findings
