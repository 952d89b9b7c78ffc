"""What is shipped beside a student's notebook; nothing of it is used by the grader."""
