"""What courses do when people join an intake, offered to people, who never hear of courses."""

from lms.courses import planning
from lms.people import hooks


def register() -> None:
    """Give whoever joins an intake its track in the same transaction. Repeating it is harmless.

    Called while the program is put together: by the pages and by the command line.
    """
    hooks.register(on_join=planning.join_track)
