"""Inviting in steps, for entrances: a large intake must not keep others from writing."""

from collections.abc import Sequence
from datetime import date, datetime

from lms.core.db import Database
from lms.core.permissions import Actor
from lms.people.importing import operations

STEP = 100
"""People invited in one transaction."""


def invite_in_steps(
    database: Database, *, actor: Actor, emails: Sequence[str], on: date | None, now: datetime
) -> int:
    """Invite these people, some in each transaction, and return how many; repeatable.

    What an interruption leaves out is made up by doing it again.
    """
    invited = 0
    for start in range(0, len(emails), STEP):
        with database.writing() as session:
            invited += operations.invite_people(
                session, actor=actor, emails=emails[start : start + STEP], on=on, now=now
            )
    return invited
