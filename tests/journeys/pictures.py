"""Make the pictures of the README from a fresh demo: `python -m tests.journeys.pictures`."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import update

from lms.core import migrating
from lms.core.clock import FixedClock
from lms.core.config import Config
from lms.core.db import Database
from lms.demo import seed
from lms.people.models import Person
from tests.conftest import open_database
from tests.journeys.addresses import account
from tests.journeys.chromium import DESK, PHONE, Window, launched
from tests.journeys.conftest import DEMO_MORNING
from tests.journeys.serving import Served, served

PICTURES = Path(__file__).parent.parent.parent / "docs" / "pictures"
MOST_BYTES = 200_000
COLOURS = 256
HIRES = """\
name,email,intake,site,coach_emails,started_on
Tamsin Rowe,tamsin.rowe@northfold.test,next,Harbour Street,coach@demo.test,2026-11-25
Emil Aksel,emil.aksel@northfold.test,next,Harbour Street,coach@demo.test,2026-11-25
דנה אלון,dana.alon@northfold.test,next,Lakeside,coach@demo.test,2026-11-25
林小雨,xiaoyu.lin@northfold.test,next,Old Mill,coach@demo.test,2026-11-25
Farid Noor,farid.noor@northfold,next,Harbour Street,coach@demo.test,2026-11-25
Полина Ветрова,polina.vetrova@northfold.test,autumn,Old Mill,coach@demo.test,2026-11-25
Tamsin Rowe,tamsin.rowe@northfold.test,next,Harbour Street,coach@demo.test,2026-11-25
Ravi Menon,coach@demo.test,,,,
Maya Winter,trainee@demo.test,,Old Mill,,
"""


@dataclass(frozen=True)
class Picture:
    """A page to be photographed, as somebody sees it."""

    name: str
    role: str
    address: str
    size: dict[str, int] = field(default_factory=lambda: dict(DESK))
    language: str = "en"
    dark: bool = False


PAGES = (
    Picture("today-trainee", "trainee", "/", {"width": 1280, "height": 980}),
    Picture("lesson", "trainee", "/steps/onboarding/returns-and-exchanges"),
    Picture("task-phone", "trainee", "/steps/onboarding/first-look-round", PHONE, dark=True),
    Picture("board", "trainer", "/board?sort=name"),
    Picture("today-hebrew-phone", "trainee", "/", PHONE, language="he"),
    Picture("import", "admin", "/people/import", {"width": 1280, "height": 1320}),
)


@contextmanager
def demo() -> Iterator[Served]:
    """The demo company on its Wednesday morning, without the banner that says so."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = f"sqlite:///{folder / 'belay.db'}"
        fresh = Database(url)
        migrating.upgrade(fresh.engine)
        fresh.dispose()
        database = open_database(url)
        config = Config(data_dir=folder, database_url=url, secret_key="x" * 40)
        seed.fill(database, config, FixedClock(DEMO_MORNING), progress=lambda _text: None)
        database.dispose()
        with served(folder, folder / "belay.db", DEMO_MORNING) as company:
            yield company


def take(browser: Any, company: Served, wanted: Picture) -> bytes:
    """Return the picture of a page as a small PNG."""
    person_id = company.person(account(wanted.role))
    with company.database.writing() as session:
        session.execute(
            update(Person).where(Person.id == person_id).values(language=wanted.language)
        )
    colours = "dark" if wanted.dark else "light"
    window = Window(browser, company.url, viewport=wanted.size, color_scheme=colours)
    company.enter(window.context, person_id)
    window.page.goto(wanted.address)
    if wanted.name == "import":
        _choose_file(window.page)
    if wanted.name == "task-phone":
        window.page.locator("#end").evaluate("(end) => end.scrollIntoView()")
    window.page.evaluate("document.fonts.ready")
    made = _smaller(window.page.screenshot())
    window.close()
    return made


def _choose_file(page: Any) -> None:
    file = {"name": "hires.csv", "mimeType": "text/csv", "buffer": HIRES.encode()}
    page.get_by_label("CSV file").set_input_files(file)
    page.get_by_role("button", name="Look at it first").click()
    page.get_by_role("table").wait_for()


def _smaller(png: bytes) -> bytes:
    image = Image.open(BytesIO(png)).convert("RGB")
    few = image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    made = BytesIO()
    few.save(made, "PNG", optimize=True)
    return made.getvalue()


def main() -> int:
    """Write every picture; return 1 when one is too large for a README."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    too_large = 0
    with launched() as browser, demo() as company:
        for wanted in PAGES:
            made = take(browser, company, wanted)
            (PICTURES / f"{wanted.name}.png").write_bytes(made)
            too_large += len(made) > MOST_BYTES
            print(f"{wanted.name}.png {len(made):,} bytes")
    return 1 if too_large else 0


if __name__ == "__main__":
    sys.exit(main())
