"""What is shipped beside a student's notebook; nothing of it is used by the grader."""

HELPER = "selfcheck.py"
MORE_HELPERS = ("keycheck.py",)  # released with a notebook that imports them
