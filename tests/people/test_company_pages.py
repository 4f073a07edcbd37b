"""The settings pages in a browser: who may, what is kept, what is refused."""

import io
import re
from datetime import date
from email.message import EmailMessage
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from lms.core.db import Database
from lms.core.models import AuditEntry, OutboxRow
from lms.core.outbox import NotNeeded
from lms.people.company.jobs import handlers
from lms.people.company.queries import company
from lms.people.models import Category, Company, Department, Holiday, Person, Site
from tests.cast import Cast
from tests.client import Browser
from tests.conftest import MONDAY
from tests.counting import counting

PAGES = (
    "/settings",
    "/settings/sites",
    "/settings/sites/new",
    "/settings/sites/1",
    "/settings/holidays",
    "/settings/departments",
    "/settings/departments/1",
    "/settings/categories",
    "/settings/categories/1",
    "/settings/mail",
)
WEEK = ["0", "1", "2", "3", "4"]


@pytest.fixture
def ada(browser: Any, people: Cast) -> Browser:
    """The administrator's browser."""
    found: Browser = browser(people.ada)
    return found


def text(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def seen(database: Database, site_id: int | None = None) -> str:
    from lms.people.company.queries import site

    with database.reading() as session:
        if site_id is None:
            return company(session).stamp
        found = site(session, site_id)
        assert found is not None
        return found.stamp


def site_form(database: Database, site_id: int, **changes: Any) -> dict[str, Any]:
    return {
        "seen": seen(database, site_id),
        "name": "Harbour Street",
        "slug": "harbour",
        "time_zone": "Europe/Berlin",
        "week_starts_on": "0",
        "working_weekdays": WEEK,
        **changes,
    }


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_for_an_administrator_in_at_most_six_statements(
    ada: Browser, sqlite_database: Database, page: str
) -> None:
    with counting(sqlite_database) as statements:
        assert ada.get(page).status_code == 200
    assert len(statements) <= 6, statements


@pytest.mark.parametrize("page", PAGES)
def test_no_page_opens_for_anybody_else(browser: Any, people: Cast, page: str) -> None:
    assert browser().get(page).status_code == 303
    for who in (people.maya, people.ines, people.noa, people.oleg):
        assert browser(who).get(page).status_code == 403


def test_saving_the_company_shows_the_new_name_on_the_next_page(
    ada: Browser, sqlite_database: Database
) -> None:
    answer = ada.submit(
        "/settings",
        {
            "seen": seen(sqlite_database),
            "name": "Northfold & Sons",
            "language": "zh",
            "time_zone": "Asia/Shanghai",
            "digest_hour": "9",
            "invitation_days": "21",
        },
    )
    assert answer.status_code == 303
    with sqlite_database.reading() as session:
        found = company(session)
    assert (found.name, found.language, found.settings.invitation_days) == (
        "Northfold & Sons",
        "zh",
        21,
    )
    assert "Northfold &amp; Sons" in text(ada.get("/settings"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"time_zone": "Europe/Berln"},
        {"invitation_days": "0"},
        {"invitation_days": "many"},
        {"digest_hour": "24"},
        {"language": "tlh"},
        {"name": "x" * 121},
    ],
)
def test_a_wrong_company_form_keeps_what_was_typed(
    ada: Browser, sqlite_database: Database, wrong: dict[str, str]
) -> None:
    form = {
        "seen": seen(sqlite_database),
        "name": "Kept Name",
        "language": "en",
        "time_zone": "Europe/Berlin",
        "digest_hour": "7",
        "invitation_days": "14",
        **wrong,
    }
    answer = ada.submit("/settings", form)
    assert answer.status_code == 422
    assert "name" in wrong or "Kept Name" in text(answer)
    assert "aria-invalid" in text(answer)
    with sqlite_database.reading() as session:
        assert company(session).name == "Northfold Outfitters"


def test_a_stale_company_form_says_what_changed_and_goes_through_the_second_time(
    ada: Browser, sqlite_database: Database
) -> None:
    form = {
        "seen": seen(sqlite_database),
        "name": "Mine",
        "language": "en",
        "time_zone": "Europe/Berlin",
        "digest_hour": "7",
        "invitation_days": "14",
    }
    with sqlite_database.writing() as session:
        session.get_one(Company, 1).name = "Theirs"
    answer = ada.submit("/settings", form)
    assert answer.status_code == 422
    assert "while you had the form open: Name" in text(answer)
    assert 'value="Mine"' in text(answer)
    assert ada.submit("/settings", {**form, "seen": seen(sqlite_database)}).status_code == 303


def picture(form: str = "PNG") -> io.BytesIO:
    out = io.BytesIO()
    Image.new("RGB", (1200, 300), "#21563f").save(out, form)
    out.seek(0)
    return out


def test_a_logo_is_re_encoded_shown_to_anybody_and_removed(
    ada: Browser, client: Any, sqlite_database: Database
) -> None:
    assert client.get("/logo").status_code == 404
    assert ada.submit("/settings/logo", {"logo": (picture(), "logo.png")}).status_code == 303
    answer = client.get("/logo")
    assert answer.mimetype == "image/webp"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert Image.open(io.BytesIO(answer.data)).size == (400, 100)
    again = client.get("/logo", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert "/logo?v=" in text(ada.get("/settings"))
    assert ada.submit("/settings/logo/remove").status_code == 303
    assert client.get("/logo").status_code == 404


def test_a_logo_stands_on_every_page_and_when_signing_in_and_goes_at_once(
    ada: Browser, client: Any
) -> None:
    assert "brand-logo" not in text(client.get("/login")) + text(ada.get("/people"))
    ada.submit("/settings/logo", {"logo": (picture(), "logo.png")})
    shown = r'<img class="brand-logo" src="/logo\?v=[0-9a-f]{10}" alt="[^"]+"'
    assert re.search(shown, text(client.get("/login")))
    assert re.search(shown, text(client.get("/reset")))
    assert re.search(shown, text(ada.get("/people")))
    ada.submit("/settings/logo/remove")
    assert "brand-logo" not in text(client.get("/login")) + text(ada.get("/people"))


@pytest.mark.parametrize("content", [b"", b"<svg onload=alert(1)>", b"GIF89a broken"])
def test_a_logo_that_is_no_picture_is_refused_on_its_field(ada: Browser, content: bytes) -> None:
    answer = ada.submit("/settings/logo", {"logo": (io.BytesIO(content), "logo.png")})
    assert answer.status_code == 422
    assert "This is not a picture that can be read" in text(answer)
    assert "Northfold Outfitters" in text(answer)


def test_a_new_site_is_made_from_its_form(ada: Browser, sqlite_database: Database) -> None:
    form = {
        "name": "Lakeside",
        "time_zone": "asia/shanghai",
        "week_starts_on": "0",
        "working_weekdays": ["5", "0"],
    }
    assert ada.submit("/settings/sites/new", form).status_code == 303
    with sqlite_database.reading() as session:
        site = session.scalars(select(Site).where(Site.slug == "lakeside")).one()
    assert (site.time_zone, site.working_weekdays) == ("Asia/Shanghai", "05")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"working_weekdays": []}, "Tick at least one working day."),
        ({"working_weekdays": ["7"]}, "aria-describedby"),
        ({"slug": "jerusalem"}, "Something else has this short name already"),
        ({"slug": "no good"}, "Use small Latin letters"),
        ({"time_zone": "Nowhere"}, "is not known here"),
        ({"name": ""}, "aria-invalid"),
    ],
)
def test_a_wrong_site_form_keeps_what_was_typed(
    ada: Browser,
    sqlite_database: Database,
    people: Cast,
    wrong: dict[str, Any],
    sentence: str,
) -> None:
    form = site_form(sqlite_database, people.harbour, confirmed="1", **wrong)
    answer = ada.submit(f"/settings/sites/{people.harbour}", form)
    assert answer.status_code == 422
    assert sentence in text(answer)
    assert 'value="harbour"' in text(answer) or "slug" in wrong
    with sqlite_database.reading() as session:
        assert session.get_one(Site, people.harbour).time_zone == "Europe/Berlin"


def test_moving_a_site_to_another_zone_asks_first_and_says_whose_dates_move(
    ada: Browser, sqlite_database: Database, people: Cast
) -> None:
    url = f"/settings/sites/{people.harbour}"
    form = site_form(sqlite_database, people.harbour, time_zone="Asia/Shanghai")
    asked = ada.submit(url, form)
    assert asked.status_code == 200
    assert "Dates of 9 people follow this site." in text(asked)
    assert "2 of them are in an intake" in text(asked)
    with sqlite_database.reading() as session:
        assert session.get_one(Site, people.harbour).time_zone == "Europe/Berlin"
    assert ada.submit(url, {**form, "confirmed": "1"}).status_code == 303
    with sqlite_database.reading() as session:
        assert session.get_one(Site, people.harbour).time_zone == "Asia/Shanghai"


def test_renaming_a_site_asks_nothing(
    ada: Browser, sqlite_database: Database, people: Cast
) -> None:
    form = site_form(sqlite_database, people.harbour, name="Quay")
    assert ada.submit(f"/settings/sites/{people.harbour}", form).status_code == 303


def test_deleting_a_site_in_use_says_how_many_are_there(ada: Browser, people: Cast) -> None:
    answer = ada.submit(f"/settings/sites/{people.jerusalem}/delete")
    assert answer.status_code == 409
    assert "2 people and 1 intakes" in text(answer)
    assert ada.get("/settings/sites/999").status_code == 404
    assert ada.submit("/settings/sites/999/delete").status_code == 404


def test_holidays_are_added_as_a_range_as_a_list_and_deleted(
    ada: Browser, sqlite_database: Database, people: Cast
) -> None:
    form = {"name": "Pesach", "on_date": "2026-04-02", "until": "2026-04-03"}
    answer = ada.submit("/settings/holidays", {**form, "site": str(people.jerusalem)})
    assert answer.headers["Location"] == "/settings/holidays?year=2026"
    pasted = {"list-lines": "2026-12-25 Christmas\n2026-12-26 Boxing Day", "list-site": "0"}
    assert ada.submit("/settings/holidays/list", pasted).status_code == 303
    page = text(ada.get("/settings/holidays?year=2026"))
    assert page.count("Pesach") >= 2
    assert "2 days off added." in page
    at_harbour = text(ada.get(f"/settings/holidays?year=2026&site={people.harbour}"))
    assert "Christmas" in at_harbour
    assert "Pesach" not in at_harbour
    with sqlite_database.reading() as session:
        first = session.scalars(select(Holiday).order_by(Holiday.on_date)).first()
    assert first is not None
    assert first.on_date == date(2026, 4, 2)
    ada.submit(f"/settings/holidays/{first.id}/delete", {"year": "2026"})
    with sqlite_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Holiday)) == 3


@pytest.mark.parametrize(
    ("url", "form", "kept"),
    [
        ("", {"name": "Kept", "on_date": "2026-02-30"}, "Kept"),
        ("", {"name": "Kept", "on_date": "2026-04-02", "until": "2026-04-01"}, "Kept"),
        ("", {"name": "Kept", "on_date": "2026-04-02", "site": "999"}, "Kept"),
        ("/list", {"list-lines": "2026-12-25 Kept\nnonsense", "list-site": "0"}, "Kept"),
        ("/list", {"list-lines": "", "list-site": "0"}, "Paste a list"),
    ],
)
def test_wrong_holidays_keep_what_was_typed_and_write_nothing(
    ada: Browser, sqlite_database: Database, url: str, form: dict[str, str], kept: str
) -> None:
    answer = ada.submit(f"/settings/holidays{url}", {"site": "0", **form})
    assert answer.status_code == 422
    assert kept in text(answer)
    with sqlite_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Holiday)) == 0


@pytest.mark.parametrize("query", ["year=0", "year=99999", "year=x", "site=77", "site=-1"])
def test_a_strange_address_of_the_holidays_shows_a_page(ada: Browser, query: str) -> None:
    assert ada.get(f"/settings/holidays?{query}").status_code == 200


@pytest.mark.parametrize(
    ("kind", "model", "extra"),
    [("departments", Department, {}), ("categories", Category, {"season": "summer"})],
)
def test_labels_are_added_renamed_and_deleted(
    ada: Browser, sqlite_database: Database, kind: str, model: Any, extra: dict[str, str]
) -> None:
    url = f"/settings/{kind}"
    assert ada.submit(url, {"name": "Repairs", **extra}).status_code == 303
    assert ada.submit(url, {"name": "Repairs", **extra}).status_code == 422
    assert ada.submit(url, {"name": "", **extra}).status_code == 422
    with sqlite_database.reading() as session:
        row_id = session.scalars(select(model.id).where(model.slug == "repairs")).one()
    form = {"name": "Workshop", "slug": "workshop", **extra}
    assert ada.submit(f"{url}/{row_id}", form).status_code == 303
    assert "Workshop" in text(ada.get(url))
    assert ada.submit(f"{url}/{row_id}/delete").status_code == 303
    assert "workshop" not in text(ada.get(url))
    assert ada.get(f"{url}/{row_id}").status_code == 404


def test_a_form_sent_twice_adds_one_label(ada: Browser, sqlite_database: Database) -> None:
    form = {"name": "Repairs", "_key": "once"}
    first = ada.submit("/settings/departments", form)
    second = ada.submit("/settings/departments", form)
    assert (first.status_code, second.status_code) == (303, 303)
    with sqlite_database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Department)) == 2


def test_the_mail_page_asks_for_a_test_mail_and_revives_the_dead(
    ada: Browser, sqlite_database: Database, people: Cast
) -> None:
    assert "Mail is not set up" in text(ada.get("/settings/mail"))
    assert ada.submit("/settings/mail/test").status_code == 303
    with sqlite_database.writing() as session:
        row = session.scalars(select(OutboxRow).where(OutboxRow.kind == "test_mail")).one()
        assert row.payload == {"person_id": people.ada}
        row.dead_at, row.attempts, row.error = MONDAY, 8, "ConnectionRefusedError: <gone>"
    page = text(ada.get("/settings/mail"))
    assert "ConnectionRefusedError: &lt;gone&gt;" in page
    assert ada.submit("/settings/mail/retry", {"row": "999"}).status_code == 404
    assert ada.submit("/settings/mail/retry", {"row": "x"}).status_code == 404
    assert ada.submit("/settings/mail/retry", {"row": str(row.id)}).status_code == 303
    with sqlite_database.reading() as session:
        assert session.get_one(OutboxRow, row.id).dead_at is None
        entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "retry_outbox")).one()
        assert entry.actor_id == people.ada


def test_the_worker_sends_the_test_mail_to_whoever_asked_and_not_after_they_left(
    app: Any, ada: Browser, people: Cast, sqlite_database: Database
) -> None:
    sent: list[EmailMessage] = []
    ada.submit("/settings/mail/test")
    with sqlite_database.reading() as session:
        row = session.scalars(select(OutboxRow).where(OutboxRow.kind == "test_mail")).one()
    handle = handlers(app, sent.append)["test_mail"]
    handle(row)
    assert [mail["To"] for mail in sent] == ["ada@northfold.test"]
    assert "Northfold Outfitters" in sent[0]["Subject"]
    with sqlite_database.writing() as session:
        session.get_one(Person, people.ada).deactivated_at = MONDAY
    with pytest.raises(NotNeeded):
        handle(row)
    assert len(sent) == 1
