"""The fixed cast: the people that tests speak about by name."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from lms.core.permissions import Actor, Role
from lms.people.models import (
    Category,
    Coaching,
    Company,
    Department,
    Intake,
    IntakeMember,
    Person,
    PersonRole,
    Reporting,
    Site,
)

PASSWORD = "correct horse battery"
# argon2id of PASSWORD with small costs, made once: hashing it for each test would take 40 ms.
PASSWORD_HASH = (
    "$argon2id$v=19$m=1024,t=1,p=1$uAwUdpqtw6dHGtOTrzDi0Q$"
    "t+NMWbNPDLNePgddknnmxJUndGXCrU4zCuGWahxSmNc"
)


@dataclass(frozen=True)
class Cast:
    """Ids of the cast. Two sites, one intake that starts on `start`, another that comes later."""

    start: date
    harbour: int
    jerusalem: int
    spring: int
    later: int
    maya: int
    """Trainee of the spring intake; Ravi coaches her, Noa manages her."""
    ben: int
    """Trainee of the same intake; Tomas coaches him, Noa manages him."""
    lior: int
    """Trainee in Jerusalem, of the later intake; Tomas coaches, Olga manages."""
    ravi: int
    tomas: int
    mei: int
    """Mentor, not in onboarding."""
    ines: int
    """Trainer."""
    noa: int
    """Manager of Maya and Ben."""
    olga: int
    """Manager of the other team."""
    oleg: int
    """Locker keeper."""
    ada: int
    """Administrator."""

    def actor(self, name: str) -> Actor:
        """Return who acts when this member of the cast does."""
        return Actor(getattr(self, name), frozenset(ROLES[name]))


ROLES: dict[str, tuple[Role, ...]] = {
    "maya": (Role.TRAINEE,),
    "ben": (Role.TRAINEE,),
    "lior": (Role.TRAINEE,),
    "ravi": (Role.COACH,),
    "tomas": (Role.COACH,),
    "mei": (Role.MENTOR,),
    "ines": (Role.TRAINER,),
    "noa": (Role.MANAGER,),
    "olga": (Role.MANAGER,),
    "oleg": (Role.KEEPER,),
    "ada": (Role.ADMIN,),
}

FULL_NAMES = {
    "maya": "Maya Winter",
    "ben": "Ben Okoro",
    "lior": "ליאור כהן",
    "ravi": "Ravi Menon",
    "tomas": "Tomas Lind",
    "mei": "Mei Tan",
    "ines": "Ines Calder",
    "noa": "Noa Peretz",
    "olga": "Ольга Белова",
    "oleg": "Oleg Marin",
    "ada": "Ada Quist",
}


def make_cast(session: Session, now: datetime) -> Cast:
    """Write the cast into an empty database; `now` is a Monday, the spring intake's start."""
    start = now.date()
    session.add(Company(id=1, name="Northfold Outfitters", time_zone="Europe/Berlin"))
    harbour = Site(slug="harbour", name="Harbour Street", time_zone="Europe/Berlin")
    jerusalem = Site(
        slug="jerusalem",
        name="Jerusalem",
        time_zone="Asia/Jerusalem",
        week_starts_on=6,
        working_weekdays="60123",
    )
    session.add_all(
        [
            harbour,
            jerusalem,
            Department(slug="service", name="Service"),
            Category(slug="climbing", name="Climbing", season="summer"),
            Category(slug="ski", name="Ski", season="winter"),
        ]
    )
    session.flush()
    spring = Intake(slug="spring", name="Spring", starts_on=start, site_id=harbour.id)
    later = Intake(
        slug="later", name="Later", starts_on=start + timedelta(days=13), site_id=jerusalem.id
    )
    session.add_all([spring, later])
    session.flush()
    ids: dict[str, int] = {}
    for name, roles in ROLES.items():
        person = Person(
            email=f"{name}@northfold.test",
            name=FULL_NAMES[name],
            password_hash=PASSWORD_HASH,
            site_id=jerusalem.id if name in ("lior", "olga") else harbour.id,
            started_on=start,
            created_at=now,
        )
        session.add(person)
        session.flush()
        ids[name] = person.id
        session.add_all(PersonRole(person_id=person.id, role=role.value) for role in roles)
    for trainee, coach, manager, intake in (
        ("maya", "ravi", "noa", spring),
        ("ben", "tomas", "noa", spring),
        ("lior", "tomas", "olga", later),
    ):
        session.add_all(
            [
                Coaching(person_id=ids[trainee], coach_id=ids[coach], since_at=now),
                Reporting(person_id=ids[trainee], manager_id=ids[manager], since_at=now),
                IntakeMember(person_id=ids[trainee], intake_id=intake.id, joined_at=now),
            ]
        )
    session.flush()
    return Cast(
        start=start,
        harbour=harbour.id,
        jerusalem=jerusalem.id,
        spring=spring.id,
        later=later.id,
        **ids,
    )
