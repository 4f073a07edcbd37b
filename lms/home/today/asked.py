"""Who opens Today, when and in which language: what every section is made from."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from lms.core.permissions import Actor, Role
from lms.core.worktime import local_date
from lms.people.sign_in import Viewer


@dataclass(frozen=True)
class Asked:
    """One opening of Today. Sections read through `session` and write nothing."""

    session: Session
    viewer: Viewer
    now: datetime
    language: str

    @property
    def actor(self) -> Actor:
        """Return who looks."""
        return self.viewer.actor

    @property
    def zone(self) -> str:
        """Return the zone in which the reader sees times."""
        return self.viewer.time_zone

    @property
    def today(self) -> date:
        """Return the date where the reader is."""
        return local_date(self.now, self.zone)

    def has(self, *roles: Role) -> bool:
        """Whether the reader holds at least one of these roles."""
        return self.actor.has(*roles)
