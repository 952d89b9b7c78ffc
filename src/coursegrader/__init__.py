"""Auto-graded notebooks for a French course on character-level language models."""

__version__ = "0.1.0"
