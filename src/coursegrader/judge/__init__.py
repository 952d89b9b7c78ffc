"""Hidden pytest checks, run in the trusted process against a session."""

from coursegrader.judge.judge import Judge

__all__ = ["Judge"]
