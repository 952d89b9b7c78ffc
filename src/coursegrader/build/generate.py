"""nbgrader's own generate_assignment, run in this process."""

from __future__ import annotations

import copy
import logging
from pathlib import Path

from coursegrader.build.cells_before import cells_that_differ
from coursegrader.course import Assignment, Course
from coursegrader.errors import CourseFault, CoursegraderError, MachineFault
from coursegrader.scripts_path import own_scripts_on_path


def generate(course: Course, assignment: Assignment, root: Path, db_url: str | None) -> None:
    """Make `root/release/<a>/` of `root/source/<a>/` with the course's nbgrader configuration.

    Args:
        course: the course.
        assignment: the assignment.
        root: folder with `source/`.
        db_url: database that records the assignment; None records it nowhere, like nbgrader's --no-db.

    Raises:
        CourseFault: nbgrader refuses the source, or the cells changed after submissions were collected.
        MachineFault: the database does not answer.
    """
    from nbgrader.converters.generate_assignment import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    config = copy.deepcopy(course.nbgrader)
    if db_url is None:
        config.SaveCells.enabled = False
        config.GenerateAssignment.no_database = True
    log, messages = _listening_log()
    folder = CourseDirectory(
        config=config,
        log=log,
        root=str(root),
        db_url=db_url or "sqlite://",
        course_id=course.id,
        assignment_id=assignment.id,
        source_directory="source",
        release_directory="release",
    )
    try:
        with own_scripts_on_path():
            GenerateAssignment(coursedir=folder, config=config, log=log, force=True).start()
    except Exception as error:
        raise _explained(course, assignment, error, "\n".join(messages), root, db_url) from error


def stub(course: Course) -> str:
    """What nbgrader puts in place of a solution."""
    from nbgrader.preprocessors import ClearSolutions

    return str(ClearSolutions(config=copy.deepcopy(course.nbgrader)).code_stub["python"])


def _explained(
    course: Course, assignment: Assignment, error: Exception, said: str, root: Path, db_url: str | None
) -> CoursegraderError:
    """nbgrader logs what went wrong and raises something general; find out whose fault it is."""
    if "submissions associated" in said:
        text = f"{assignment.id} has submissions already, and its cells are not the same as before."
        notebook = root / "source" / assignment.id / f"{assignment.id}.ipynb"
        cells = cells_that_differ(course, assignment, notebook, db_url) if db_url else []
        hint = f"Put them back in {course.source_text(assignment.id).relative_to(course.root)}; texts, solutions and hidden checks may change."
        return CourseFault.collected(text, cells, hint=hint)
    if "sqlalchemy.exc" in f"{type(error).__module__}{said}":
        return MachineFault(f"nbgrader's database does not answer: {error}\n{said}")
    return CourseFault(f"nbgrader could not make the release of {assignment.id}: {error}\n{said}")


def _listening_log() -> tuple[logging.Logger, list[str]]:
    messages: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    log = logging.Logger("coursegrader.build", level=logging.ERROR)
    log.addHandler(Listener())
    return log, messages
