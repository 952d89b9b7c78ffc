"""The small course."""

from tests.pipeline.small_course_fixtures import built_course, klass, mode, own_reference

__all__ = ["built_course", "klass", "mode", "own_reference"]
