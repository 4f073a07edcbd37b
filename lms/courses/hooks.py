"""What courses do when people join or leave an intake: people call it and never know."""

from lms.courses import planning
from lms.people import hooks


def register() -> None:
    """Give whoever joins an intake its track, and let whoever leaves walk on alone.

    In the same transaction. Repeating it is harmless. Called while the program is put together:
    by the pages and by the command line.
    """
    hooks.register(on_join=planning.join_track, on_leave=planning.leave_track)
