"""What the audit trail says of courses: their verbs in words, the names of their rows."""

from flask_babel import lazy_gettext as _
from sqlalchemy import select

from lms.courses.models import Assignment, Course
from lms.people.audit import subjects, verbs
from lms.people.audit.subjects import Subject
from lms.people.models import Person

VERBS = {
    "assign_intake": _("Gave an intake its track"),
    "assign_person": _("Gave a track"),
    "end_assignment": _("Ended a track"),
    "finish_course": _("Closed a finished track"),
    "move_to_version": _("Moved to another version of the track"),
    "reopen_step": _("Opened a done step again"),
    "make_exception": _("Made an exception to dates"),
    "withdraw_exception": _("Took back an exception to dates"),
    "set_meeting": _("Set a session"),
    "import_course": _("Imported a course"),
}


def register() -> None:
    """Offer the words and names to the trail. Repeating it is harmless."""
    verbs.add(VERBS)
    subjects.add(
        "assignment",
        Subject(
            lambda ids: (
                select(Assignment.id, Person.name)
                .join(Person, Person.id == Assignment.person_id)
                .where(Assignment.id.in_(ids))
            ),
            whose=lambda people: select(Assignment.id).where(Assignment.person_id.in_(people)),
        ),
    )
    subjects.add(
        "course", Subject(lambda ids: select(Course.id, Course.slug).where(Course.id.in_(ids)))
    )
