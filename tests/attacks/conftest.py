"""The arena's own hidden checks are for students, not for pytest to collect here."""

collect_ignore = ["course"]
