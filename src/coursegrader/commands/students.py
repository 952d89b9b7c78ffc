"""`coursegrader students import`: a class list into the gradebook."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from coursegrader.commands import add_command
from coursegrader.course import load_course
from coursegrader.errors import CourseFault


def add(commands: Any) -> None:
    """Add the command."""
    example = (
        "  coursegrader students import class.csv --dry-run     what would be done, and what is wrong with the file\n"
        "  coursegrader students import class.csv               do it, all or nothing\n"
        "\n"
        "A line of headings, then a line a person: id, last name, first name, email, as Moodle and Excel write them. Nobody is removed."
    )
    parser = add_command(commands, "students", "import a class list from a CSV file", example)
    parser.add_argument("action", choices=("import",), help="import")
    parser.add_argument("file", type=Path, metavar="FILE", help="CSV with commas, semicolons or tabs")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Plan, show, and do it unless that is all that was asked for."""
    from coursegrader.gradebook import GradebookWriter, student_frame
    from coursegrader.gradebook.classlist import FIELDS, apply_plan, plan_import

    course = load_course(options.root, only=[])
    known = {row["student"]: {n: row[n] for n in FIELDS} for row in student_frame(course).to_dict("records")}
    plan = plan_import(options.file, known)
    for person in plan.new:
        print(f"new      {person.student}  {person.first_name} {person.last_name}  {person.email}".rstrip())
    for person, what in plan.changed:
        print(f"changed  {person.student}  {what}")
    for warning in plan.warnings:
        print(f"note: {warning}")
    if plan.mistakes:
        raise CourseFault.collected("The class list needs mending; nothing was imported:", plan.mistakes)
    counts = f"{len(plan.new)} new, {len(plan.changed)} changed, {plan.same} as they were"
    if options.dry_run:
        print(f"{counts}; nothing was written (--dry-run)")
        return 0
    with GradebookWriter(course.db_url, course.id, course.nbgrader):  # makes a database where there is none yet
        pass
    apply_plan(plan, course.db_url)
    print(counts)
    return 0
