"""nbgrader's configuration for this engine. Imports nothing: every nbgrader command reads it at its start."""

from __future__ import annotations

from typing import Any

HOOK = "coursegrader.nbgrader_plugin.before_conversion"
LEAKS = "coursegrader.nbgrader_release.CheckLeaks"
LATE_PENALTY = "coursegrader.late_penalty.CourseLatePenalty"
EXPORTER = "coursegrader.nbgrader_plugin.ReadableNotebook"
HARMLESS = "coursegrader.formgrader_view.Harmless"
MARKDOWN = "coursegrader.formgrader_view.markdown_to_html"
SANITIZE = (
    "coursegrader.nbgrader_plugin.Rebuild",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.DeduplicateIds",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
)
AUTOGRADE = (
    "coursegrader.nbgrader_plugin.SandboxExecute",
    "nbgrader.preprocessors.IgnorePattern",
    "nbconvert.preprocessors.ClearMetadataPreprocessor",
    "nbgrader.preprocessors.LimitOutput",
    "coursegrader.nbgrader_plugin.SaveGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
)


def configure(config: Any) -> None:
    """Put this engine behind nbgrader's autograde, the leak check behind its generate_assignment, and nothing of a student's that acts into formgrader.

    Called from `course_config.py` with its `c`.
    """
    config.GenerateAssignment.preprocessors.append(LEAKS)  # after nbgrader's own, whichever they are
    config.Autograde.pre_convert_hook = HOOK
    config.AssignLatePenalties.plugin_class = LATE_PENALTY
    config.Autograde.exporter_class = EXPORTER
    config.Autograde.sanitize_preprocessors = list(SANITIZE)
    config.Autograde.autograde_preprocessors = list(AUTOGRADE)
    config.HTMLExporter.preprocessors.append(HARMLESS)
    config.HTMLExporter.filters.update({"markdown2html": MARKDOWN})
