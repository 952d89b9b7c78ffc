"""A whole classroom on one machine: a teacher's seat, a student's seat, an exchange between them, and the watcher."""

from coursegrader.classroom.room import Classroom, run_classroom

__all__ = ["Classroom", "run_classroom"]
