"""Whose dates a page is about: an intake or one person, and the addresses that follow from it."""

from dataclasses import dataclass

from flask import url_for

from lms.core import web
from lms.core.errors import NotFound
from lms.courses.dates import queries
from lms.courses.dates.operations import Scope
from lms.courses.queries import OnCourse


@dataclass(frozen=True)
class Target:
    """An intake's track or a person's, by one name for both."""

    place: OnCourse
    intake_id: int | None = None
    person_id: int | None = None

    @property
    def title(self) -> str:
        """Return the intake's or person's name."""
        name = self.place.person_name if self.person_id else self.place.intake_name
        return name or ""

    @property
    def scope(self) -> Scope:
        """Return whom an exception made here is for."""
        if self.person_id is not None:
            return Scope(assignment_id=self.place.assignment_id)
        return Scope(intake_id=self.intake_id)

    @property
    def url(self) -> str:
        """Return the address of the screen with all dates."""
        if self.person_id is not None:
            return url_for("dates.of_person", person_id=self.person_id)
        return url_for("dates.of_intake", intake_id=self.intake_id)

    def exception_url(self, kind: str) -> str:
        """Return the address of the form for a new exception."""
        if self.person_id is not None:
            return url_for("dates.person_exception", person_id=self.person_id, kind=kind)
        return url_for("dates.intake_exception", intake_id=self.intake_id, kind=kind)

    def session_url(self, step_slug: str) -> str:
        """Return the address of the form for a session."""
        if self.person_id is not None:
            return url_for("dates.person_session", person_id=self.person_id, step_slug=step_slug)
        return url_for("dates.intake_session", intake_id=self.intake_id, step_slug=step_slug)


def intake_target(intake_id: int) -> Target:
    """Return an intake that walks a track; raise NotFound. One statement."""
    place = queries.intake_place(web.session(), intake_id)
    if place is None:
        raise NotFound
    return Target(place, intake_id=intake_id)


def person_target(person_id: int) -> Target:
    """Return somebody on a track whom the actor follows; raise NotFound. One statement."""
    place = queries.person_place(web.session(), web.actor(), person_id)
    return Target(place, person_id=person_id)
