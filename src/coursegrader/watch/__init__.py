"""Grading as soon as somebody submits: nbgrader's exchange is watched, and pages go back the same way."""
