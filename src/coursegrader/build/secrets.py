"""What must not reach a student: solutions of this and later assignments, and everything in grading_tests/.

A line counts only if it is long enough to be no accident, and not if the instructor's text shows it on purpose.
"""

from __future__ import annotations

import ast
import hashlib
import re
import textwrap
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from coursegrader.build.read import SourceCell
from coursegrader.build.source import given_text
from coursegrader.build.splice import Definition, Splice, splice
from coursegrader.build.text import code_lines, comments, squeeze
from coursegrader.course import Assignment, Course
from coursegrader.course.version import tracked_files
from coursegrader.errors import CourseFault

SHORTEST_LINE = 16  # squeezed characters: "return math.exp(nll)" counts, "return counts" does not
SHORTEST_PROSE = 24
SHORTEST_WORD = 20
DIGITS = 5  # significant digits that make a number a hidden value rather than a round choice
BOILERPLATE = {"super().__init__()"}
NUMBER = re.compile(r"(?<![\w.])\d[\d_]*(?:\.\d[\d_]*)?(?:e[+-]?\d+)?(?![\w])", re.IGNORECASE)


@dataclass(frozen=True)
class Secret:
    """A squeezed piece of text and what it is.

    Attributes:
        needle: the squeezed text.
        what: its description for the author.
        value: not searched in data files, which hold values by right.
        always: a secret even where the instructor's text shows it, because that can only be a mistake.
    """

    needle: str
    what: str
    value: bool = False
    always: bool = False


@dataclass
class Secrets:
    """Everything to search a release for.

    Attributes:
        lines: squeezed pieces of code and prose.
        bodies: for each solution its squeezed lines, which count together even where each may be shown.
        words: names of hidden tests, and numbers as written -> what they are.
        names: file names of reference/ and grading_tests/.
        digests: sha256 of those files -> their path.
        modules: dotted names of their modules.
    """

    lines: list[Secret] = field(default_factory=list)
    bodies: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    digests: dict[str, str] = field(default_factory=dict)
    modules: set[str] = field(default_factory=set)


def collect_secrets(course: Course, assignment: Assignment, cells: Iterable[SourceCell]) -> Secrets:
    """Gather what a release of this assignment must not hold.

    Args:
        course: the course; earlier assignments' solutions may be given, this one's and later ones' may not.
        assignment: the assignment to be released.
        cells: its text; what its visible cells show is no secret.
    """
    secrets = Secrets()
    shown: list[str] = []
    later = course.assignments[course.assignments.index(assignment) :]
    for place, part in _solutions(course, [e.id for a in later for e in a.exercises]):
        shown.append(part.visible)
        _add_solution(secrets, place, part)
    for cell in cells:
        if cell.role in {"manual", "solution-only"}:
            hidden, visible_lines = _split_author_cell(cell)
            _add_author_lines(secrets, cell, hidden)
            shown += visible_lines
        elif cell.role == "given":
            shown.append(given_text(course, cell))
        elif cell.role != "exercise":
            shown.append(cell.source)
    for path in tracked_files(course.root / "grading_tests"):
        place = path.relative_to(course.root).as_posix()
        if path.suffix == ".py":
            _add_check_file(secrets, path.read_text(encoding="utf-8"), place)
        elif path.suffix == ".toml":
            _add_texts(secrets, path, place)
    _add_files(secrets, course.root)
    visible = squeeze("\n".join(shown))
    kept = (secret for secret in secrets.lines if secret.always or secret.needle not in visible)
    secrets.lines = list(dict.fromkeys(kept))
    numbers = set(NUMBER.findall("\n".join(shown)))
    secrets.words = {word: what for word, what in secrets.words.items() if word not in numbers}
    return secrets


def _solutions(course: Course, exercises: list[str]) -> Iterator[tuple[str, Splice]]:
    for path in tracked_files(course.reference_dir):
        if path.suffix != ".py":
            continue
        source, place = path.read_text(encoding="utf-8"), path.relative_to(course.root).as_posix()
        names = {node.name for node in ast.parse(source).body if isinstance(node, Definition)}
        for name in exercises:
            if name in names:
                try:
                    yield place, splice(source, name, place)
                except CourseFault:
                    continue  # a later assignment that is still being written; this one's were spliced before


def _add_solution(secrets: Secrets, place: str, part: Splice) -> None:
    for body in part.bodies:
        text = textwrap.dedent("\n".join(body.lines))
        pieces = [(number, squeeze(line)) for number, line in code_lines(text)]
        pieces = [(number, piece) for number, piece in pieces if piece not in BOILERPLATE]
        for number, piece in pieces:
            if len(piece) >= SHORTEST_LINE:
                where = f"({place}, line {body.first_line + number - 1})"
                secrets.lines.append(Secret(piece, f"solution of {part.name} {where}"))
        for number, comment in comments(text):
            if len(squeeze(comment)) >= SHORTEST_PROSE:
                where = f"({place}, line {body.first_line + number - 1})"
                secrets.lines.append(Secret(squeeze(comment), f"comment in the solution of {part.name} {where}"))
        needles = tuple(piece for _, piece in pieces)
        if sum(map(len, needles)) >= SHORTEST_LINE:
            secrets.bodies.append((f"whole solution of {part.name} ({place}, line {body.first_line})", needles))


def _split_author_cell(cell: SourceCell) -> tuple[list[tuple[int, str]], list[str]]:
    """Hidden lines with their numbers, and shown ones: nbgrader strips what stands between markers, or everything."""
    lines = list(enumerate(cell.source.splitlines(), start=cell.line))
    marks = [number for number, line in lines if "BEGIN SOLUTION" in line or "END SOLUTION" in line]
    if cell.role != "manual" or not marks:
        return lines, []
    # Lines between the first and the last marker: an answer in several parts hides what stands between them, too.
    hidden = [(number, line) for number, line in lines if marks[0] < number < marks[-1]]
    return hidden, [line for number, line in lines if not marks[0] <= number <= marks[-1]]


def _add_author_lines(secrets: Secrets, cell: SourceCell, lines: list[tuple[int, str]]) -> None:
    what = f"model answer of {cell.exercise}" if cell.role == "manual" else "cell for the author only"
    for number, line in lines:
        if len(squeeze(line)) >= SHORTEST_PROSE:
            secrets.lines.append(Secret(squeeze(line), f"{what} (source, line {number})"))


def _add_check_file(secrets: Secrets, text: str, place: str) -> None:
    for number, line in code_lines(text):
        if len(squeeze(line)) >= SHORTEST_WORD:
            secrets.lines.append(Secret(squeeze(line), f"hidden check ({place}, line {number})"))
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise CourseFault(f"{place}, line {error.lineno}: {error.msg}") from error
    lines = [line.encode() for line in text.split("\n")]
    for node in ast.walk(tree):
        where = f"({place}, line {getattr(node, 'lineno', 0)})"
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            secrets.words[node.name] = f"name of a hidden check {where}"
        elif isinstance(node, ast.keyword) and node.arg == "message" and isinstance(node.value, ast.Constant):
            message = squeeze(str(node.value.value))
            if len(message) >= SHORTEST_LINE:
                secrets.lines.append(Secret(message, f"message of a hidden check {where}", always=True))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for line in node.value.splitlines():
                _add_string(secrets, line, f"text of a hidden check {where}")
        elif isinstance(node, ast.List | ast.Tuple | ast.Dict | ast.Set):
            piece = squeeze(_segment(lines, node))
            if len(piece) >= SHORTEST_LINE and _is_literal(node):
                secrets.lines.append(Secret(piece, f"value in a hidden check {where}", value=True))
        elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            written = _segment(lines, node)
            digits = re.sub(r"\D", "", re.split("e", written, flags=re.IGNORECASE)[0]).strip("0")
            if len(digits) >= DIGITS:
                secrets.words[written] = f"value in a hidden check {where}"


def _segment(lines: list[bytes], node: ast.expr) -> str:
    """The code of a node. `ast.get_source_segment` would split the file anew for every node: half the time of a build."""
    first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
    if first == last:
        return lines[first][node.col_offset : node.end_col_offset].decode()
    return b"\n".join(
        [lines[first][node.col_offset :], *lines[first + 1 : last], lines[last][: node.end_col_offset]]
    ).decode()


def _is_literal(node: ast.expr) -> bool:
    # What is computed, or an annotation, is no value that could be copied; its line counts as code anyway.
    try:
        ast.literal_eval(node)
    except ValueError:
        return False
    return True


def _add_string(secrets: Secrets, line: str, what: str) -> None:
    # A sentence is distinctive sooner than a single word, such as a name or a dtype.
    piece = squeeze(line)
    if len(piece) >= (SHORTEST_LINE if " " in line.strip() else SHORTEST_WORD):
        secrets.lines.append(Secret(piece, what, value=True))


def _add_texts(secrets: Secrets, path: Path, place: str) -> None:
    """Titles and texts of misconceptions; `see` names a heading that students know."""
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise CourseFault(f"{place}: {error}") from error
    for name, entry in entries.items():
        for key, value in entry.items() if isinstance(entry, dict) else ():
            if key != "see" and isinstance(value, str):
                for line in value.splitlines():
                    _add_string(secrets, line, f"{key} of the misconception {name} ({place})")


def _add_files(secrets: Secrets, root: Path) -> None:
    for folder in ("reference", "grading_tests"):
        for path in tracked_files(root / folder):
            place = path.relative_to(root)
            if path.stat().st_size:
                secrets.digests[hashlib.sha256(path.read_bytes()).hexdigest()] = place.as_posix()
            secrets.names.add(path.name)
            if path.suffix == ".py" and path.stem != "__init__":
                secrets.modules.add(".".join(place.with_suffix("").parts))
