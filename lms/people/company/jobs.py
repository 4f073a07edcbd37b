"""The test mail, sent by the worker as every other mail is."""

from flask_babel import gettext as _

from lms.core import mail, web
from lms.core.models import OutboxRow
from lms.core.outbox import NotNeeded
from lms.people.account.letters import in_language, letter
from lms.people.account.queries import addressee


def send_test_mail(row: OutboxRow) -> None:
    """Send a test mail to whoever asked for it; NotNeeded when they left meanwhile."""
    belay = web.belay()
    with belay.database.reading() as session:
        person = addressee(session, person_id=row.payload["person_id"], now=belay.clock.now())
    if person is None or not person.active:
        raise NotNeeded
    with in_language(person.language):
        message = letter(
            belay.config,
            to=person.email,
            subject=_("Test mail from Belay at %(company)s", company=person.company),
            body=_("This mail was asked for on the settings page. Mail goes out as it should."),
            key=row.key,
        )
    mail.send(belay.config, message)


HANDLERS = {"test_mail": send_test_mail}
