"""Who may do what about intakes.

Trainers and administrators see every intake and run it: make it, change it, move its start, put
people in, move them and take them out. Letting people *in* is another thing: an invitation or a
sign-in slip is a key to somebody's account, so only administrators send or print them. A trainer
sees who has one.
"""

from lms.core.permissions import Actor, Permission, may


def may_run(actor: Actor) -> bool:
    """Whether the actor may make, change and fill intakes."""
    return may(actor, Permission.RUN_INTAKES)


def may_let_in(actor: Actor) -> bool:
    """Whether the actor may send invitations and print sign-in slips."""
    return may(actor, Permission.RUN_INTAKES) and may(actor, Permission.MANAGE_PEOPLE)
