"""Reads that only Today needs. Each says how many statements it costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    ScalarSelect,
    Select,
    and_,
    bindparam,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from lms.core.db import UtcDateTime
from lms.core.models import AuditEntry, OutboxRow, StoredFile, WorkerBeat
from lms.core.permissions import Actor, Role
from lms.core.worktime import moment
from lms.courses.addresses import step_address
from lms.courses.models import Assignment, Course, EffortScore, Step, StepVersion
from lms.courses.queries import OnCourse, on_course
from lms.people.account.rules import INVITATIONS
from lms.people.models import (
    AccessLink,
    Coaching,
    Company,
    Intake,
    IntakeMember,
    Notification,
    Person,
    Reporting,
    SelfCheckAnswer,
)
from lms.people.sign_in import initials, photo_url
from lms.people.ties import Other, Ties

MOST = 1000
"""So many people at most are looked at for one Today; the board shows all."""
RUNNING = timedelta(weeks=6)
"""An intake is of today for so long after its start."""
SCORES_OF = timedelta(days=90)
LEAST_ANSWERS = 3
HARD_BELOW = 2.5
"""Effort goes from 1 (very hard) to 5 (very easy); below this a lesson wants a look."""


@dataclass(frozen=True)
class Face:
    """Somebody as a card shows them."""

    id: int
    name: str
    email: str
    photo_url: str | None = None

    @property
    def initials(self) -> str:
        """Return the letters that stand where there is no picture."""
        return initials(self.name)


@dataclass(frozen=True)
class Beside:
    """Who stands beside a trainee, and what they have said about themselves."""

    coaches: tuple[Face, ...] = field(default=())
    manager: Face | None = None
    host: Face | None = None
    """Who leads the session that was asked about."""
    self_check_begun: bool = False

    @property
    def ties(self) -> Ties:
        """Return the same people as every list of steps takes them."""
        return Ties(
            coaches=tuple(Other(face.id, face.name, face.email) for face in self.coaches),
            manager=Other(self.manager.id, self.manager.name, self.manager.email)
            if self.manager
            else None,
        )


def beside(session: Session, *, person_id: int, host_id: int | None) -> Beside:
    """Return the people beside a trainee, those who have left excepted. One statement."""
    rows = session.execute(_BESIDE, {"person_id": person_id, "host_id": host_id}).all()
    found: dict[str, list[Face]] = {}
    begun = False
    for row in rows:
        if row.kind == "self":
            begun = bool(row.begun)
        else:
            face = Face(row.id, row.name, row.email, photo_url(row.sha256))
            found.setdefault(row.kind, []).append(face)
    return Beside(
        coaches=tuple(sorted(found.get("coach", ()), key=lambda face: face.name)),
        manager=_only(found.get("manager", ())),
        host=_only(found.get("host", ())),
        self_check_begun=begun,
    )


def _only(faces: Sequence[Face]) -> Face | None:
    return faces[0] if faces else None


def _beside() -> Select[tuple[str, int, str, str, str | None, bool]]:
    """Make the statement once: building it took longer than running it."""
    me = bindparam("person_id", type_=Integer)
    tie = union_all(
        select(literal("coach").label("kind"), Coaching.coach_id.label("person_id")).where(
            Coaching.person_id == me, Coaching.until_at.is_(None)
        ),
        select(literal("manager"), Reporting.manager_id).where(
            Reporting.person_id == me, Reporting.until_at.is_(None)
        ),
        select(literal("self"), me),
        select(literal("host"), bindparam("host_id", type_=Integer)),
    ).subquery()
    begun = exists().where(SelfCheckAnswer.person_id == me)
    return (
        select(
            tie.c.kind,
            Person.id,
            Person.name,
            Person.email,
            StoredFile.sha256,
            begun.label("begun"),
        )
        .join(Person, Person.id == tie.c.person_id)
        .outerjoin(StoredFile, StoredFile.id == Person.photo_file_id)
        .where(Person.deactivated_at.is_(None))
    )


_BESIDE = _beside()


@dataclass(frozen=True)
class Followed:
    """Somebody on a track whom the reader looks after, and as what."""

    place: OnCourse
    photo: str | None
    coached: bool
    managed: bool


@dataclass(frozen=True)
class Places:
    """The reader's own track, and those of the people they look after."""

    own: OnCourse | None
    followed: tuple[Followed, ...]
    are_more: bool = False
    """Whether there are more than are looked at here."""


def places(session: Session, *, actor: Actor, today: date) -> Places:
    """Return whose tracks a reader's Today is about. One statement.

    One's own: the open one, else the one ended last. A coach's and manager's own people, and for
    a trainer whoever began in the last weeks, the newest MOST.
    """
    since = today - RUNNING
    rows = session.execute(
        _places(actor.has(Role.COACH), actor.has(Role.MANAGER), actor.has(Role.TRAINER)),
        {
            "me": actor.person_id,
            "since": since,
            "assigned_since": moment(since, time(), "UTC"),
        },
    )
    own: list[OnCourse] = []
    followed: list[Followed] = []
    for *place, photo, is_coached, is_managed in rows:
        found = OnCourse(*place)
        if found.person_id == actor.person_id:
            own.append(found)
        else:
            followed.append(Followed(found, photo, bool(is_coached), bool(is_managed)))
    newest = max(own, key=lambda p: (p.ended_at is None, p.assignment_id), default=None)
    return Places(newest, tuple(followed), are_more=len(own) + len(followed) == MOST)


@cache
def _places(coaches: bool, manages: bool, trains: bool) -> Select[*tuple[Any, ...]]:
    """Make the statement once for each set of roles."""
    me = bindparam("me", type_=Integer)
    mine = Assignment.person_id == me
    coached: ColumnElement[bool] = false()
    managed: ColumnElement[bool] = false()
    running: ColumnElement[bool] = false()
    if coaches:
        coached = Assignment.person_id.in_(
            select(Coaching.person_id).where(Coaching.coach_id == me, Coaching.until_at.is_(None))
        )
    if manages:
        managed = Assignment.person_id.in_(
            select(Reporting.person_id).where(
                Reporting.manager_id == me, Reporting.until_at.is_(None)
            )
        )
    if trains:
        start = func.coalesce(Assignment.starts_on, Intake.starts_on)
        assigned = Assignment.assigned_at >= bindparam("assigned_since", type_=UtcDateTime)
        running = or_(start >= bindparam("since", type_=Date), and_(start.is_(None), assigned))
    beside_me = and_(
        Assignment.ended_at.is_(None),
        Person.deactivated_at.is_(None),
        or_(coached, managed, running),
    )
    return (
        on_course()
        .add_columns(StoredFile.sha256, coached.label("coached"), managed.label("managed"))
        .outerjoin(StoredFile, StoredFile.id == Person.photo_file_id)
        .where(Course.kind == "track", or_(mine, beside_me))
        .order_by(mine.desc(), Assignment.id.desc())
        .limit(MOST)
    )


def news(session: Session, *, person_id: int, most: int) -> Sequence[Notification]:
    """Return a person's unread notices, the newest first. One statement."""
    return session.scalars(
        select(Notification)
        .where(Notification.person_id == person_id, Notification.read_at.is_(None))
        .order_by(Notification.id.desc())
        .limit(most)
    ).all()


@dataclass(frozen=True)
class HardLesson:
    """A step that people found hard to learn."""

    title: str
    url: str
    average: float
    answers: int


def hard_lessons(session: Session, *, now: datetime) -> list[HardLesson]:
    """Return the steps with the lowest effort scores of late, hardest first. One statement."""
    newest = (
        select(StepVersion.title)
        .where(StepVersion.step_id == Step.id)
        .order_by(StepVersion.number.desc())
        .limit(1)
        .correlate(Step)
        .scalar_subquery()
    )
    average = func.avg(EffortScore.score)
    rows = session.execute(
        select(newest, Course.slug, Step.slug, average, func.count())
        .select_from(EffortScore)
        .join(Step, Step.id == EffortScore.step_id)
        .join(Course, Course.id == Step.course_id)
        .where(EffortScore.at >= now - SCORES_OF)
        .group_by(Step.id, Step.slug, Course.slug)
        .having(func.count() >= LEAST_ANSWERS, average <= HARD_BELOW)
        .order_by(average, Step.id)
        .limit(3)
    )
    return [
        HardLesson(title, step_address(course, step), float(score), answers)
        for title, course, step, score, answers in rows
    ]


@dataclass(frozen=True)
class IntakeIn:
    """An intake, and how many of its people have been in."""

    id: int
    name: str
    starts_on: date
    people: int
    inside: int
    invited: int

    @property
    def left(self) -> int:
        """Return how many have not even an invitation that still works."""
        return self.people - self.inside - self.invited


def intakes_in(session: Session, *, now: datetime, today: date) -> list[IntakeIn]:
    """Return the intakes that began of late or will begin, the next ones first. One statement."""
    open_link = exists().where(
        AccessLink.person_id == Person.id,
        AccessLink.purpose.in_(INVITATIONS),
        AccessLink.used_at.is_(None),
        AccessLink.revoked_at.is_(None),
        AccessLink.expires_at > now,
    )
    inside = Person.password_hash.is_not(None)
    rows = session.execute(
        select(
            Intake.id,
            Intake.name,
            Intake.starts_on,
            func.count(Person.id),
            func.count(case((inside, 1))),
            func.count(case((and_(~inside, open_link), 1))),
        )
        .outerjoin(
            IntakeMember,
            and_(IntakeMember.intake_id == Intake.id, IntakeMember.left_at.is_(None)),
        )
        .outerjoin(
            Person, and_(Person.id == IntakeMember.person_id, Person.deactivated_at.is_(None))
        )
        .where(Intake.starts_on >= today - RUNNING)
        .group_by(Intake.id, Intake.name, Intake.starts_on)
        .order_by(Intake.starts_on.desc(), Intake.id)
        .limit(6)
    )
    return [IntakeIn(*row) for row in rows]


@dataclass(frozen=True)
class House:
    """What an administrator should know about the running of the place."""

    dead_rows: int
    oldest_waiting_at: datetime | None
    worker_beat_at: datetime | None
    without_site: int
    without_coach: int
    imported_at: datetime | None
    imported: Mapping[str, Any] | None


def house(session: Session, *, now: datetime) -> House:
    """Return the counts that an administrator looks at. One statement."""
    last = (
        select(AuditEntry.id)
        .where(AuditEntry.verb == "import_people")
        .order_by(AuditEntry.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    waits = and_(OutboxRow.done_at.is_(None), OutboxRow.dead_at.is_(None), OutboxRow.due_at <= now)
    coached = exists().where(
        Coaching.person_id == Assignment.person_id, Coaching.until_at.is_(None)
    )
    active = Person.deactivated_at.is_(None)
    alone = (
        select(func.count())
        .select_from(Assignment)
        .join(Person, Person.id == Assignment.person_id)
        .where(Assignment.ended_at.is_(None), active, ~coached)
    )
    row = session.execute(
        select(
            _count(OutboxRow, OutboxRow.dead_at.is_not(None)).label("dead_rows"),
            select(func.min(OutboxRow.due_at)).where(waits).scalar_subquery().label("oldest"),
            select(func.max(WorkerBeat.beat_at)).scalar_subquery().label("beat"),
            _count(Person, active, Person.site_id.is_(None)).label("without_site"),
            alone.scalar_subquery().label("without_coach"),
            AuditEntry.at,
            AuditEntry.detail,
        )
        .select_from(Company)
        .outerjoin(AuditEntry, AuditEntry.id == last)
        .where(Company.id == 1)
    ).one()
    return House(*row)


def _count(table: type[Any], *conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(table).where(*conditions).scalar_subquery()
