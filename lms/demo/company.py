"""The demo's house: sites, categories, staff and who stands beside whom."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from lms.core.permissions import Role
from lms.demo.names import names
from lms.people.models import (
    Category,
    Coaching,
    Company,
    Department,
    Holiday,
    Intake,
    IntakeMember,
    Person,
    PersonCategory,
    PersonRole,
    Reporting,
    SelfCheckAnswer,
    Shift,
    Site,
    WorkingLanguage,
)

SITES = (
    ("harbour-street", "Harbour Street", "Europe/Berlin", 0, "01234"),
    ("old-mill", "Old Mill", "Europe/London", 0, "12345"),
    ("lakeside", "Lakeside", "Asia/Jerusalem", 6, "60123"),
)
CATEGORIES = (
    ("climbing", "Climbing", "summer"),
    ("hiking", "Hiking and trekking", "summer"),
    ("camping", "Tents and camping", "summer"),
    ("trail-running", "Trail running", "summer"),
    ("cycling", "Cycling", "summer"),
    ("ski", "Ski touring", "winter"),
    ("snowboard", "Snowboard", "winter"),
    ("winter-climbing", "Ice and winter climbing", "winter"),
    ("warm-layers", "Warm layers", "winter"),
)
DEPARTMENTS = (
    ("service", "Customer service"),
    ("shop-floor", "Shop floor"),
    ("training", "Training"),
    ("locker", "Gear locker"),
)
STAFF: tuple[tuple[str, str, tuple[Role, ...]], ...] = (
    ("Ada Quist", "admin@demo.test", (Role.ADMIN,)),
    ("Ines Calder", "trainer@demo.test", (Role.TRAINER,)),
    ("Ravi Menon", "coach@demo.test", (Role.COACH,)),
    ("Mei Tan", "mentor@demo.test", (Role.MENTOR,)),
    ("Noa Peretz", "manager@demo.test", (Role.MANAGER,)),
    ("Oleg Marin", "keeper@demo.test", (Role.KEEPER,)),
    ("Tomas Lind", "tomas.lind@northfold.test", (Role.COACH,)),
    ("Judit Varga", "judit.varga@northfold.test", (Role.COACH, Role.MENTOR)),
    ("Amara Obi", "amara.obi@northfold.test", (Role.TRAINER,)),
    ("Luca Ferrant", "luca.ferrant@northfold.test", (Role.MANAGER,)),
    ("Sana Iqbal", "sana.iqbal@northfold.test", (Role.MANAGER,)),
    ("Kofi Mensah", "kofi.mensah@northfold.test", (Role.MENTOR,)),
    ("Yara Haim", "yara.haim@northfold.test", (Role.MENTOR,)),
)
STARS = {"trainee@demo.test": "Maya Winter", "trainee3@demo.test": "Jonas Brandt"}
PASSIONS = (
    "Long ridges and bad weather, in that order. I keep a notebook of every hut I slept in.",
    "I race short trails in summer and wax skis for the whole family in winter.",
    "Climbing. I set routes at a small hall for six years before this.",
    "Bikepacking with my sister: two weeks, one tent, no plan after day three.",
)


@dataclass
class House:
    """The demo's ids while it is filled."""

    sites: list[int] = field(default_factory=list)
    categories: list[int] = field(default_factory=list)
    departments: dict[str, int] = field(default_factory=dict)
    staff: dict[str, int] = field(default_factory=dict)
    by_role: dict[Role, list[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Planned:
    """An intake to come into being: `offset` working days ago, with so many people."""

    slug: str
    name: str
    starts_on: date
    site: int
    people: int
    star: str | None = None


def build_house(session: Session, password_hash: str, now: datetime) -> House:
    """Write company, sites, categories and staff into an empty database."""
    house = House()
    # The setting lets commands take `.test` addresses, as the demo's pages do.
    session.add(
        Company(
            id=1,
            name="Northfold Outfitters",
            time_zone="Europe/Berlin",
            settings={"demo": True},
        )
    )
    for slug, name, zone, week_starts_on, weekdays in SITES:
        site = Site(
            slug=slug,
            name=name,
            time_zone=zone,
            week_starts_on=week_starts_on,
            working_weekdays=weekdays,
        )
        session.add(site)
        session.flush()
        house.sites.append(site.id)
    for slug, name, season in CATEGORIES:
        category = Category(slug=slug, name=name, season=season)
        session.add(category)
        session.flush()
        house.categories.append(category.id)
    for slug, name in DEPARTMENTS:
        department = Department(slug=slug, name=name)
        session.add(department)
        session.flush()
        house.departments[slug] = department.id
    year = now.year
    for when, name in ((date(year, 12, 25), "Christmas Day"), (date(year + 1, 1, 1), "New Year")):
        session.add(Holiday(on_date=when, name=name))
    _hire_staff(session, house, password_hash, now)
    return house


def _hire_staff(session: Session, house: House, password_hash: str, now: datetime) -> None:
    for number, (name, email, roles) in enumerate(STAFF):
        person = Person(
            email=email,
            name=name,
            password_hash=password_hash,
            site_id=house.sites[0] if email.endswith("@demo.test") else house.sites[number % 3],
            department_id=house.departments[_department(roles)],
            started_on=now.date() - timedelta(days=700 + 90 * number),
            created_at=now - timedelta(days=600),
        )
        session.add(person)
        session.flush()
        house.staff[email] = person.id
        for role in roles:
            session.add(PersonRole(person_id=person.id, role=role.value))
            house.by_role.setdefault(role, []).append(person.id)
        session.add_all(
            PersonCategory(person_id=person.id, category_id=category, position=position)
            for position, category in enumerate(_two_categories(house, number), 1)
        )
        for weekday in range(5):
            session.add(
                Shift(person_id=person.id, weekday=weekday, starts_at=time(9), ends_at=time(17, 30))
            )


def _department(roles: tuple[Role, ...]) -> str:
    if Role.TRAINER in roles or Role.COACH in roles:
        return "training"
    return "locker" if Role.KEEPER in roles else "service"


def _two_categories(house: House, number: int) -> tuple[int, int]:
    """Return one category of summer and one of winter."""
    return house.categories[number % 5], house.categories[5 + number % 4]


def hire(
    session: Session,
    house: House,
    intake: Planned | None,
    count: int,
    people: Iterator[tuple[str, str]],
    password_hash: str | None,
    now: datetime,
    chance: random.Random,
) -> tuple[int | None, list[int]]:
    """Hire so many people, into an intake if one is given; return its id and theirs."""
    intake_id = _open_intake(session, house, intake) if intake else None
    started_on = intake.starts_on if intake else now.date() - timedelta(days=400)
    rows: list[dict[str, Any]] = []
    for number, (name, address) in enumerate(islice(people, count)):
        star = intake.star if intake and number == 0 else None
        rows.append(
            {
                "email": star or f"{address}@northfold.test",
                "name": STARS[star] if star else name,
                "password_hash": password_hash,
                "language": None if star else _language(address),
                "site_id": house.sites[intake.site if intake else number % 3],
                "department_id": house.departments["service" if number % 3 else "shop-floor"],
                "started_on": started_on,
                "created_at": now - timedelta(days=20),
                "feed_epoch": 0,
                "digest": True,
            }
        )
    returning = insert(Person).returning(Person.id, sort_by_parameter_order=True)
    ids = list(session.scalars(returning, rows))
    _tie(session, house, ids, intake_id, now, chance, trainee=intake is not None)
    if intake is not None:
        session.add_all(
            SelfCheckAnswer(
                person_id=person_id,
                question="passion",
                answer=chance.choice(PASSIONS),
                answered_at=now - timedelta(days=1),
            )
            for person_id in ids[: len(ids) // 2]
        )
    return intake_id, ids


def _open_intake(session: Session, house: House, intake: Planned) -> int:
    row = Intake(
        slug=intake.slug,
        name=intake.name,
        starts_on=intake.starts_on,
        site_id=house.sites[intake.site],
    )
    session.add(row)
    session.flush()
    return row.id


def _language(address: str) -> str | None:
    known = {"cohen": "he", "levi": "he", "wang": "zh", "chen": "zh", "belova": "ru", "orlov": "ru"}
    return known.get(address.rsplit(".", 1)[-1])


def _tie(
    session: Session,
    house: House,
    ids: list[int],
    intake_id: int | None,
    now: datetime,
    chance: random.Random,
    *,
    trainee: bool,
) -> None:
    """Give each person a role, two categories, a manager, and to trainees a coach or two."""
    coaches, managers = house.by_role[Role.COACH], house.by_role[Role.MANAGER]
    roles, categories, languages, coachings, reportings, members = [], [], [], [], [], []
    for number, person_id in enumerate(ids):
        roles.append({"person_id": person_id, "role": Role.TRAINEE.value})
        for position, category in enumerate(_two_categories(house, chance.randrange(20)), 1):
            categories.append(
                {"person_id": person_id, "category_id": category, "position": position}
            )
        languages.append({"person_id": person_id, "language": "en"})
        manager = managers[0] if number == 0 else managers[number % len(managers)]
        reportings.append({"person_id": person_id, "manager_id": manager, "since_at": now})
        if trainee:
            # The first of each intake are Ravi's, so that his Today is never empty.
            coach = coaches[0] if number < 2 else coaches[number % len(coaches)]
            coachings.append({"person_id": person_id, "coach_id": coach, "since_at": now})
            members.append({"person_id": person_id, "intake_id": intake_id, "joined_at": now})
    session.execute(insert(PersonRole), roles)
    session.execute(insert(PersonCategory), categories)
    session.execute(insert(WorkingLanguage), languages)
    session.execute(insert(Reporting), reportings)
    if trainee:
        session.execute(insert(Coaching), coachings)
        session.execute(insert(IntakeMember), members)


def people_names() -> Iterator[tuple[str, str]]:
    """Return endless names, without those of the stars and the staff."""
    taken = {name for name, _, _ in STAFF} | set(STARS.values())
    return (pair for pair in names() if pair[0] not in taken)
