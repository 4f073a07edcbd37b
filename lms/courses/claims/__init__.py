"""Claims: tasks that trainees say are done, and those who confirm them or say "not yet".

Words: a claim *waits* until it is decided or withdrawn; who may decide follows from the role
that the task names. Nobody decides on their own.
"""
