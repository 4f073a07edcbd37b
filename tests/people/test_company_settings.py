"""Acts on the company, its sites, holidays, labels and mail, on both databases."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.core.db import Database
from lms.core.errors import NotAllowed, NotFound, Refused
from lms.core.models import AuditEntry, OutboxRow
from lms.people.calendars import site_calendar
from lms.people.company import operations, places, queries
from lms.people.company.rules import CompanyPlan, Settings, SitePlan
from lms.people.models import Category, Company, Department, Holiday, PersonCategory, Site
from tests.cast import Cast
from tests.conftest import MONDAY

QUAY = SitePlan("Quay", "", "Asia/Shanghai", 0, (0, 1, 2, 3, 4, 5))
HOLIDAY = date(2026, 3, 4)


def version(session: Session) -> int:
    return session.scalars(select(Company.version)).one()


def verbs(session: Session) -> list[str]:
    return list(session.scalars(select(AuditEntry.verb).order_by(AuditEntry.id)))


def plan_of(site: queries.SiteView | None) -> SitePlan:
    assert site is not None
    return SitePlan(
        site.name, site.slug, site.time_zone, site.week_starts_on, site.working_weekdays
    )


def stamp_of(session: Session, site_id: int) -> str:
    found = queries.site(session, site_id)
    assert found is not None
    return found.stamp


ACTS: dict[str, Callable[[Session, Cast], Any]] = {
    "company": lambda s, c: operations.save_company(
        s,
        actor=c.actor("ada"),
        plan=CompanyPlan("Northfold", "he", "Asia/Jerusalem", Settings(8, 7)),
        seen=queries.company(s).stamp,
        now=MONDAY,
    ),
    "site added": lambda s, c: places.add_site(s, actor=c.actor("ada"), plan=QUAY, now=MONDAY),
    "site changed": lambda s, c: places.change_site(
        s,
        actor=c.actor("ada"),
        site_id=c.harbour,
        plan=replace(plan_of(queries.site(s, c.harbour)), time_zone="Asia/Shanghai"),
        seen=stamp_of(s, c.harbour),
        now=MONDAY,
    ),
    "holiday": lambda s, c: places.add_holidays(
        s, actor=c.actor("ada"), site_id=None, days=[(HOLIDAY, "Rest")], now=MONDAY
    ),
    "label": lambda s, c: operations.add_label(
        s, actor=c.actor("ada"), kind="department", name="Repair", slug="", now=MONDAY
    ),
    "logo": lambda s, c: operations.remove_logo(s, actor=c.actor("ada"), now=MONDAY),
}


@pytest.mark.parametrize("act", ACTS)
def test_every_change_raises_the_version_and_stands_in_the_trail(
    session: Session, cast: Cast, act: str
) -> None:
    before = version(session)
    ACTS[act](session, cast)
    assert version(session) == before + 1
    assert len(verbs(session)) == 1


def test_only_who_manages_the_company_may_change_it(session: Session, cast: Cast) -> None:
    trainer = cast.actor("ines")
    with pytest.raises(NotAllowed):
        places.add_site(session, actor=trainer, plan=QUAY, now=MONDAY)
    with pytest.raises(NotAllowed):
        places.delete_site(session, actor=trainer, site_id=cast.harbour, now=MONDAY)
    with pytest.raises(NotAllowed):
        operations.send_test_mail(session, actor=trainer, now=MONDAY)
    with pytest.raises(NotAllowed):
        operations.retry_dead(session, actor=trainer, now=MONDAY)
    with pytest.raises(NotAllowed):
        places.add_holidays(session, actor=trainer, site_id=None, days=[(HOLIDAY, "x")], now=MONDAY)


def test_saving_the_company_keeps_what_other_parts_put_into_its_settings(
    session: Session, cast: Cast
) -> None:
    session.get_one(Company, 1).settings = {"demo": True}
    session.flush()
    ACTS["company"](session, cast)
    session.expire_all()
    company = session.get_one(Company, 1)
    assert company.settings == {"demo": True, "digest_hour": 8, "invitation_days": 7}
    assert queries.company_settings(session) == Settings(8, 7)
    entry = session.scalars(select(AuditEntry)).one()
    assert entry.detail["changed"]["name"] == ["Northfold Outfitters", "Northfold"]


def test_saving_the_same_values_changes_and_records_nothing(session: Session, cast: Cast) -> None:
    before = version(session)
    places.change_site(
        session,
        actor=cast.actor("ada"),
        site_id=cast.jerusalem,
        plan=plan_of(queries.site(session, cast.jerusalem)),
        seen=stamp_of(session, cast.jerusalem),
        now=MONDAY,
    )
    assert version(session) == before
    assert verbs(session) == []


def test_a_form_that_is_out_of_date_is_refused_with_what_changed(
    session: Session, cast: Cast
) -> None:
    plan = plan_of(queries.site(session, cast.harbour))
    seen = stamp_of(session, cast.harbour)
    ACTS["site changed"](session, cast)
    with pytest.raises(Refused) as refused:
        places.change_site(
            session,
            actor=cast.actor("ada"),
            site_id=cast.harbour,
            plan=plan,
            seen=seen,
            now=MONDAY,
        )
    assert refused.value.code == "settings_changed"
    assert refused.value.values["fields"] == ["time_zone"]


def test_a_taken_short_name_is_refused_for_new_and_changed_rows(
    session: Session, cast: Cast
) -> None:
    ada = cast.actor("ada")
    with pytest.raises(Refused, match="slug_taken"):
        places.add_site(session, actor=ada, plan=replace(QUAY, slug="harbour"), now=MONDAY)
    with pytest.raises(Refused, match="slug_taken"):
        operations.add_label(
            session, actor=ada, kind="department", name="Service", slug="", now=MONDAY
        )
    quay = places.add_site(session, actor=ada, plan=QUAY, now=MONDAY)
    with pytest.raises(Refused, match="slug_taken"):
        places.change_site(
            session,
            actor=ada,
            site_id=quay,
            plan=replace(QUAY, slug="harbour"),
            seen=stamp_of(session, quay),
            now=MONDAY,
        )


def test_a_site_in_use_is_not_deleted_and_the_refusal_counts(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused) as refused:
        places.delete_site(session, actor=cast.actor("ada"), site_id=cast.jerusalem, now=MONDAY)
    assert refused.value.code == "site_in_use"
    assert refused.value.values == {"people": 2, "intakes": 1}


def test_an_unused_site_goes_with_its_own_holidays(session: Session, cast: Cast) -> None:
    ada = cast.actor("ada")
    quay = places.add_site(session, actor=ada, plan=QUAY, now=MONDAY)
    for site_id in (quay, None):
        places.add_holidays(
            session, actor=ada, site_id=site_id, days=[(HOLIDAY, "Rest")], now=MONDAY
        )
    places.delete_site(session, actor=ada, site_id=quay, now=MONDAY)
    assert session.get(Site, quay) is None
    assert session.scalars(select(Holiday.site_id)).all() == [None]
    with pytest.raises(NotFound):
        places.delete_site(session, actor=ada, site_id=quay, now=MONDAY)


def test_a_calendar_follows_a_new_holiday_and_a_deleted_one(database: Database, cast: Cast) -> None:
    ada = cast.actor("ada")

    def works() -> bool:
        with database.reading() as session:
            calendar = site_calendar(session, cast.harbour, version(session))
            return calendar.is_working(HOLIDAY)

    assert works()
    with database.writing() as session:
        places.add_holidays(session, actor=ada, site_id=None, days=[(HOLIDAY, "Rest")], now=MONDAY)
    assert not works()
    with database.writing() as session:
        holiday = session.scalars(select(Holiday)).one()
        places.remove_holiday(session, actor=ada, holiday_id=holiday.id, now=MONDAY)
    assert works()


def test_pasting_holidays_twice_changes_nothing_and_a_new_name_renames(
    session: Session, cast: Cast
) -> None:
    def paste(name: str) -> places.Written:
        days = [(HOLIDAY, name), (HOLIDAY + timedelta(days=1), "Bridge")]
        return places.add_holidays(
            session, actor=cast.actor("ada"), site_id=cast.harbour, days=days, now=MONDAY
        )

    assert paste("Rest") == places.Written(added=2)
    assert paste("Rest") == places.Written(same=2)
    assert paste("Day of rest") == places.Written(renamed=1, same=1)
    assert session.scalar(select(func.count()).select_from(Holiday)) == 2
    assert verbs(session) == ["add_holidays", "add_holidays"]


def test_holidays_of_a_site_that_is_not_there_are_not_found(session: Session, cast: Cast) -> None:
    with pytest.raises(NotFound):
        places.add_holidays(
            session, actor=cast.actor("ada"), site_id=999, days=[(HOLIDAY, "x")], now=MONDAY
        )
    with pytest.raises(NotFound):
        places.remove_holiday(session, actor=cast.actor("ada"), holiday_id=999, now=MONDAY)


def test_those_who_follow_a_calendar_are_counted_by_site_and_by_intake(
    session: Session, cast: Cast
) -> None:
    assert queries.calendar_reach(session, site_id=cast.jerusalem) == queries.Reach(2, 1)
    assert queries.calendar_reach(session, site_id=cast.harbour) == queries.Reach(9, 2)


def test_a_label_that_people_have_is_renamed_but_not_deleted(session: Session, cast: Cast) -> None:
    ada = cast.actor("ada")
    climbing = session.scalars(select(Category).where(Category.slug == "climbing")).one()
    session.add(PersonCategory(person_id=cast.mei, category_id=climbing.id))
    session.flush()
    with pytest.raises(Refused) as refused:
        operations.delete_label(
            session, actor=ada, kind="category", label_id=climbing.id, now=MONDAY
        )
    assert (refused.value.code, refused.value.values) == ("label_in_use", {"people": 1})
    operations.change_label(
        session,
        actor=ada,
        kind="category",
        label_id=climbing.id,
        name="Rock",
        slug="rock",
        season="all",
        now=MONDAY,
    )
    found = queries.label(session, "category", climbing.id)
    assert found == queries.LabelView(climbing.id, "Rock", "rock", "all", 1)


def test_an_unused_label_is_deleted_and_an_unknown_one_not_found(
    session: Session, cast: Cast
) -> None:
    ada = cast.actor("ada")
    service = session.scalars(select(Department)).one()
    operations.delete_label(session, actor=ada, kind="department", label_id=service.id, now=MONDAY)
    assert queries.labels(session, "department") == []
    for kind, label_id in (("department", service.id), ("nonsense", 1)):
        with pytest.raises(NotFound):
            operations.delete_label(session, actor=ada, kind=kind, label_id=label_id, now=MONDAY)


def test_a_season_that_is_none_is_refused(session: Session, cast: Cast) -> None:
    with pytest.raises(Refused, match="season_unknown"):
        operations.add_label(
            session,
            actor=cast.actor("ada"),
            kind="category",
            name="Sledge",
            slug="",
            season="monsoon",
            now=MONDAY,
        )


def dead(session: Session, number: int) -> OutboxRow:
    row = OutboxRow(
        kind="invitation",
        key=f"dead:{number}",
        payload={},
        created_at=MONDAY,
        due_at=MONDAY,
        attempts=8,
        dead_at=MONDAY,
        error="no such mailbox",
    )
    session.add(row)
    session.flush()
    return row


def test_a_dead_row_is_tried_again_from_the_start_and_only_once(
    session: Session, cast: Cast
) -> None:
    ada = cast.actor("ada")
    first, second = dead(session, 1), dead(session, 2)
    later = MONDAY + timedelta(hours=1)
    assert operations.retry_dead(session, actor=ada, row_id=first.id, now=later) == 1
    session.expire_all()
    assert (first.dead_at, first.attempts, first.due_at) == (None, 0, later)
    assert second.dead_at is not None
    with pytest.raises(NotFound):
        operations.retry_dead(session, actor=ada, row_id=first.id, now=later)
    assert operations.retry_dead(session, actor=ada, now=later) == 1
    assert operations.retry_dead(session, actor=ada, now=later) == 0


def test_the_health_of_the_outbox_counts_what_waits_what_is_done_and_what_is_dead(
    session: Session, cast: Cast
) -> None:
    dead(session, 1)
    operations.send_test_mail(session, actor=cast.actor("ada"), now=MONDAY)
    later = MONDAY + timedelta(minutes=5)
    health = queries.outbox_health(session, now=later)
    assert health == queries.OutboxHealth(waiting=1, oldest_at=MONDAY, later=0, done=0, dead=1)
    (test,) = queries.own_test_mails(session, person_id=cast.ada)
    test.done_at = later
    session.flush()
    assert queries.outbox_health(session, now=later).done == 1
    assert queries.outbox_health(session, now=later + timedelta(days=2)).done == 0
    assert queries.own_test_mails(session, person_id=cast.ines) == []
