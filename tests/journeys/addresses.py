"""Every page of the demo company that a role can open, found by the URL map itself."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.routing.converters import AnyConverter

from lms.courses.models import Assignment, Step, StepEvent
from lms.people.models import Intake, Person
from tests.client import Browser
from tests.journeys.serving import Served

ROLES = ("trainee", "trainee3", "coach", "mentor", "trainer", "manager", "keeper", "admin")
SESSIONS = ("welcome-with-ines", "stories-round-the-table", "hand-over-talk")
STEPS = (
    "your-first-morning",
    "first-look-round",
    "put-six-cases-right",
    "too-expensive",
    *SESSIONS,
)
"""A lesson read, a task that came back, one that is open, a lesson with a table, sessions."""
VARIED = {
    "attendance.index",
    "dates.of_person",
    "directory.person",
    "intakes.show",
    "lessons.step",
    "lessons.track_of",
}
"""Pages that look quite different from one thing to the next: several examples of each."""
BESIDES = (
    "/board?name=nobody-is-called-this",
    "/board?state=late&sort=-progress",
    "/people?q=a",
    "/search?q=order",
    "/search?q=nothing-has-this-in-it",
    "/no/such/page",
    "/settings",
)
"""What the URL map alone does not show: filters, results, and the two refusals."""
SIGNED_OUT = ("/login", "/login?next=/track", "/reset", "/reset?asked=1", "/invitation/unknown")
PEOPLE_FILE = (
    "name,email,intake,roles\n"
    "Nils Berg,nils.berg@northfold.test,next,trainee\n"
    "No Address,nowhere,next,trainee\n"
    "Wrong Intake,wrong.intake@northfold.test,no-such-intake,trainee\n"
)


def account(role: str) -> str:
    """Return the mail address of a role's demo account."""
    return f"{role}@demo.test"


@dataclass(frozen=True)
class Examples:
    """A few values for each name that stands in an address."""

    by_name: dict[str, Sequence[Any]]
    claims: Sequence[tuple[int, int]]
    """Pairs of an assignment and a step that was claimed once."""
    steps: int
    """How many steps the starter curriculum has."""

    def arguments(self, rule: Rule) -> Iterator[dict[str, Any]]:
        """Yield arguments for a rule; none when a name of it has no example."""
        if rule.endpoint == "claims.decide":
            yield from ({"assignment_id": a, "step_id": s} for a, s in self.claims)
            return
        names = sorted(rule.arguments)
        values = [self._values(rule, name) for name in names]
        for chosen in product(*values):
            yield dict(zip(names, chosen, strict=True))

    def _values(self, rule: Rule, name: str) -> Sequence[Any]:
        converter = rule._converters[name]
        if isinstance(converter, AnyConverter):
            return sorted(converter.items)
        found = self.by_name.get(name, ())
        return found if rule.endpoint in VARIED else found[:1]


def examples(company: Served) -> Examples:
    """Return values from the demo: the listed trainees, an intake that walks, one to come."""
    with company.database.reading() as session:
        trainees = session.scalars(
            select(Person.id).where(Person.email.in_([account("trainee"), account("trainee3")]))
        ).all()
        intakes = session.scalars(
            select(Intake.id).where(Intake.slug.in_(["this-week", "next"])).order_by(Intake.slug)
        ).all()
        members = select(Assignment.id).where(Assignment.person_id.in_(trainees))
        claims = session.execute(
            select(StepEvent.assignment_id, StepEvent.step_id)
            .join(Step, Step.id == StepEvent.step_id)
            .where(StepEvent.assignment_id.in_(members), StepEvent.kind == "claimed")
            .distinct()
        ).all()
        steps = len(session.scalars(select(Step.id)).all())
        new = session.scalars(
            select(Person.id).where(Person.password_hash.is_(None)).order_by(Person.id)
        ).first()
    return Examples(
        by_name={
            "person_id": [*trainees, new],
            "intake_id": intakes,
            "course_slug": ["onboarding"],
            "slug": ["onboarding"],
            "step_slug": STEPS,
            "site_id": [1],
            "label_id": [1],
        },
        claims=[(a, s) for a, s in claims],
        steps=steps,
    )


def client(company: Served, role: str) -> Browser:
    """Return a client without a window, signed in as a role's demo account."""
    company.app.test_client_class = Browser
    found = company.app.test_client()
    assert isinstance(found, Browser)
    found.enter(company.person(account(role)))
    return found


def pages(company: Served, role: str) -> list[str]:
    """Return the address of every page that a role can open, each once, in order."""
    found, known = client(company, role), examples(company)
    adapter = company.app.url_map.bind("127.0.0.1")
    addresses = list(BESIDES)
    for rule in company.app.url_map.iter_rules():
        if "GET" in (rule.methods or set()):
            addresses += [adapter.build(rule.endpoint, a) for a in known.arguments(rule)]
    if role == "admin":
        addresses += _import_pages(found)
    return [a for a in dict.fromkeys(addresses) if _is_page(found, a)]


def _is_page(found: Browser, address: str) -> bool:
    response = found.get(address)
    is_page = response.mimetype == "text/html" and response.status_code not in (301, 302, 303)
    # A page that this role may not open or that does not exist is seen once, not for each.
    return is_page and (response.status_code == 200 or address in BESIDES)


def _import_pages(found: Browser) -> list[str]:
    """Import a small file; return the addresses of its preview and its report."""
    file = (io.BytesIO(PEOPLE_FILE.encode()), "people.csv")
    preview = found.submit("/people/import", {"file": file}).location
    done = found.submit(preview, {"invite": "no"}).location
    return [preview, done]
