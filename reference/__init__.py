"""The course's reference solutions: one small module a step, importable and tested, without any notion of grading.

The order of the course: `vocabulary`, `count_model`, `sampling`, `evaluation`, `mlp`. `names` reads the lists of names,
`figures` compares a list with the figures on the course's slides. The docstrings of exercise functions are French:
students read them as the specification of what they must write.
"""
