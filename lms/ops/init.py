"""`lms init`: an empty company with its first administrator."""

import argparse
import getpass
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.core import audit, i18n, migrating
from lms.core.config import Config
from lms.core.db import Database, check_durability, checks
from lms.core.errors import Refused
from lms.core.passwords import check_password, hash_password
from lms.core.permissions import SYSTEM, Role
from lms.core.schema import check_schema
from lms.ops import lock, places
from lms.people.models import Company, Person, PersonRole, Site
from lms.people.rules import clean_email


class CompanyExists(Exception):
    """There is a company in this place already."""

    def __str__(self) -> str:
        """Say so."""
        return "there is a company here already"


@dataclass(frozen=True)
class Beginning:
    """What a new company begins with."""

    company: str
    admin_email: str
    password: str
    language: str
    time_zone: str


def run(arguments: Sequence[str], *, config: Config | None) -> int:
    """Make the company from options, asking for what is missing; 2 when there is one already."""
    options = _parser().parse_args(arguments)
    assert config is not None
    try:
        if not places.is_empty(config.database_url):
            raise CompanyExists
        beginning = _beginning(options)
        with lock.sharing(config.data_dir):
            begin(config, beginning)
    except (CompanyExists, Refused, ValueError, lock.InUse) as error:
        print(f"lms: {_sentence(error)}", file=sys.stderr)
        return 2
    print(f"{beginning.company} is ready; {beginning.admin_email} is its administrator.")
    wants = options.curriculum
    if wants is None:
        wants = _interactive() and _yes("Import the starter curriculum? [Y/n] ")
    if wants:
        from lms.courses.material.cli import import_

        return import_([], config=config)
    return 0


def begin(config: Config, beginning: Beginning) -> None:
    """Migrate the empty database and write company, site and administrator in one transaction.

    Raises CompanyExists, also when another `init` was faster.
    """
    password_hash = hash_password(beginning.password)
    places.prepare_folder(config.database_url)
    database = Database(config.database_url, check=checks(check_durability, check_schema))
    try:
        migrating.upgrade(database.engine)
        with database.writing() as session:
            _write(session, beginning, password_hash, datetime.now(UTC))
    finally:
        database.dispose()


def _write(session: Session, beginning: Beginning, password_hash: str, now: datetime) -> None:
    if session.scalar(select(Company.id)) is not None:
        raise CompanyExists
    site = Site(slug="main", name=beginning.company, time_zone=beginning.time_zone)
    session.add_all(
        [
            Company(
                id=1,
                name=beginning.company,
                language=beginning.language,
                time_zone=beginning.time_zone,
            ),
            site,
        ]
    )
    session.flush()
    person = Person(
        email=beginning.admin_email,
        name=beginning.admin_email.partition("@")[0],
        password_hash=password_hash,
        site_id=site.id,
        created_at=now,
    )
    session.add(person)
    session.flush()
    session.add(PersonRole(person_id=person.id, role=Role.ADMIN.value))
    audit.record(
        session,
        actor=SYSTEM,
        verb="begin_company",
        subject_type="person",
        subject_id=person.id,
        now=now,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="lms init", description=__doc__)
    parser.add_argument("--company", help="the company's name")
    parser.add_argument("--admin-email", help="mail address of the first administrator")
    parser.add_argument("--admin-password", help="their password; better to be asked for it")
    parser.add_argument("--language", choices=sorted(i18n.LANGUAGES), default=None)
    parser.add_argument("--time-zone", help="such as Europe/Berlin")
    parser.add_argument(
        "--curriculum",
        action=argparse.BooleanOptionalAction,
        default=None,
        help="import the starter curriculum, or do not (else it asks)",
    )
    return parser


def _beginning(options: argparse.Namespace) -> Beginning:
    company = (options.company or _ask("Company's name: ", "--company")).strip()
    if not 0 < len(company) <= 120:
        raise ValueError("the company's name must have 1 to 120 characters")
    # A name reserved for tests is fine here: whoever runs this knows whether it gets mail.
    email = clean_email(
        options.admin_email or _ask("Your mail address: ", "--admin-email"), demo=True
    )
    password = options.admin_password or _ask("Your password: ", "--admin-password", hidden=True)
    check_password(password, email=email, company=company)
    zone = options.time_zone or (_ask("Time zone [UTC]: ", "--time-zone") if _interactive() else "")
    if zone and zone not in available_timezones():
        raise ValueError(f"unknown time zone {zone!r}; write it like Europe/Berlin")
    return Beginning(company, email, password, options.language or "en", zone or "UTC")


def _ask(question: str, option: str, *, hidden: bool = False) -> str:
    if not _interactive():
        raise ValueError(f"{option} is missing")
    return getpass.getpass(question) if hidden else input(question)


def _yes(question: str) -> bool:
    return input(question).strip().lower() in ("", "y", "yes")


def _interactive() -> bool:
    return sys.stdin.isatty()


def _sentence(error: Exception) -> str:
    if not isinstance(error, Refused):
        return str(error)
    words = {
        "email_malformed": "{value!r} is not a mail address",
        "looks_like_formula": "{value!r} is not a mail address",
        "password_short": "the password needs at least {least} characters",
        "password_long": "the password may have at most {most} characters",
        "password_common": "this password is too easily guessed; take another",
        "password_personal": "the password is too close to your address or company",
    }
    return words.get(error.code, error.code).format(**error.values)
