"""The audit trail: one line for each act that somebody may ask about later."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms.core.models import AuditEntry
from lms.core.permissions import Actor


def record(
    session: Session,
    *,
    actor: Actor,
    verb: str,
    subject_type: str,
    subject_id: int | None,
    now: datetime,
    reason: str | None = None,
    **detail: object,
) -> None:
    """Write who did what to whom in the transaction of the act itself.

    `verb` is the operation's name (`deactivate_person`), `subject_type` a table's name.
    `detail` holds plain JSON values; never a password, token or note text.
    """
    session.add(
        AuditEntry(
            at=now,
            actor_id=actor.person_id,
            verb=verb,
            subject_type=subject_type,
            subject_id=subject_id,
            reason=reason,
            detail=detail,
        )
    )
