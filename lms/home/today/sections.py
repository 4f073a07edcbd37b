"""Which sections somebody's Today has, by their roles, in the order to read them."""

from lms.core.pages import Card
from lms.core.permissions import Role
from lms.courses.queries import standings
from lms.home.today import staff, team, trainee
from lms.home.today.asked import Asked
from lms.home.today.queries import places


def cards(asked: Asked) -> list[Card]:
    """Return the sections: what one learns oneself first, then whom one looks after.

    Everything about tracks comes from the same four statements, whatever the roles.
    """
    found = places(asked.session, actor=asked.actor, today=asked.today)
    own = found.own
    everybody = [*([own] if own else []), *(one.place for one in found.followed)]
    known = standings(asked.session, everybody, language=asked.language, now=asked.now)
    learns = asked.has(Role.TRAINEE) or (own is not None and own.ended_at is None)
    helps = bool(asked.actor.roles - {Role.TRAINEE})
    made = []
    if learns:
        made.append(trainee.card(asked, own, known[own.assignment_id] if own else None))
    if helps or not learns:
        charges = team.charges(found.followed, known)
        made.append(staff.card(asked, charges, greets=not learns, are_more=found.are_more))
    return made
