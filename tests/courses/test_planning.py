"""Who walks which track: assigning, joining, ending, moving; on both databases."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms.core.db import Database
from lms.core.errors import NotAllowed, NotFound, Refused
from lms.core.models import AuditEntry
from lms.courses import hooks as course_hooks
from lms.courses import planning
from lms.courses.models import Assignment, IntakeCourse
from lms.courses.planning import Scope
from lms.courses.queries import current_track, standing
from lms.courses.standing import Standing
from lms.people import hooks
from lms.people.intakes import operations as intakes
from lms.people.models import Holiday, Intake, IntakeMember, Person
from tests.cast import Cast
from tests.conftest import MONDAY
from tests.courses.tracks import USUAL, Track, Wanted, assignment_of, make_track, record

TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture
def track(session: Session, cast: Cast) -> Track:
    """The usual track, walked by the spring intake."""
    made = make_track(session, MONDAY)
    assign(session, cast, cast.spring, made)
    return made


def assign(session: Session, cast: Cast, intake_id: int, track: Track) -> IntakeCourse:
    return planning.assign_intake(
        session,
        actor=cast.actor("ines"),
        intake_id=intake_id,
        course_slug=track.slug,
        now=MONDAY,
    )


def stands(session: Session, person_id: int, now: datetime = MONDAY) -> Standing:
    place = current_track(session, person_id=person_id)
    assert place is not None
    return standing(session, place, language="en", now=now)


def due(session: Session, track: Track, person_id: int, slug: str) -> str:
    found = stands(session, person_id).by_id[track.steps[slug]].dates
    return str(found.due_on)


def test_assigning_an_intake_puts_its_members_on_the_newest_version(
    session: Session, cast: Cast, track: Track
) -> None:
    rows = session.execute(
        select(Assignment.person_id, Assignment.course_version_id, Assignment.starts_on)
    ).all()
    assert {tuple(row) for row in rows} == {
        (cast.maya, track.version_id, None),
        (cast.ben, track.version_id, None),
    }
    entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "assign_intake")).one()
    assert entry.detail == {"track": "onboarding", "people": 2}


def test_an_intake_walks_one_track(session: Session, cast: Cast, track: Track) -> None:
    other = make_track(session, MONDAY, slug="refresher")
    for again in (track, other):
        with pytest.raises(Refused, match="intake_has_track"):
            assign(session, cast, cast.spring, again)


@pytest.mark.parametrize("name", ["maya", "ravi", "noa", "mei", "oleg"])
def test_only_who_runs_intakes_plans(session: Session, cast: Cast, track: Track, name: str) -> None:
    actor = cast.actor(name)
    maya = assignment_of(session, cast.maya)
    scope = Scope(assignment_id=maya)
    with pytest.raises(NotAllowed):
        planning.assign_intake(
            session, actor=actor, intake_id=cast.later, course_slug="onboarding", now=MONDAY
        )
    with pytest.raises(NotAllowed):
        planning.assign_person(
            session,
            actor=actor,
            person_id=cast.mei,
            course_slug="onboarding",
            starts_on=cast.start,
            now=MONDAY,
        )
    with pytest.raises(NotAllowed):
        planning.end_assignment(session, actor=actor, assignment_id=maya, why="Because", now=MONDAY)
    with pytest.raises(NotAllowed):
        planning.move_to_version(
            session,
            actor=actor,
            assignment_id=maya,
            version_id=track.version_id,
            reason="Because",
            now=MONDAY,
        )
    with pytest.raises(NotAllowed):
        planning.move_intake_to_version(
            session,
            actor=actor,
            intake_id=cast.spring,
            version_id=track.version_id,
            reason="Because",
            now=MONDAY,
        )
    with pytest.raises(NotAllowed):
        planning.make_exception(
            session, actor=actor, scope=scope, kind="unlock", reason="Because", now=MONDAY
        )


def test_what_does_not_exist_is_not_found(session: Session, cast: Cast, track: Track) -> None:
    ines = cast.actor("ines")
    with pytest.raises(NotFound):
        planning.assign_intake(
            session, actor=ines, intake_id=999, course_slug=track.slug, now=MONDAY
        )
    with pytest.raises(NotFound):
        planning.assign_intake(
            session, actor=ines, intake_id=cast.later, course_slug="none", now=MONDAY
        )
    with pytest.raises(NotFound):
        planning.move_intake_to_version(
            session, actor=ines, intake_id=cast.later, version_id=1, reason="Why", now=MONDAY
        )


def test_a_member_who_joins_later_gets_the_track_once(
    session: Session, cast: Cast, track: Track
) -> None:
    session.add(IntakeMember(person_id=cast.mei, intake_id=cast.spring, joined_at=TUESDAY))
    session.flush()
    for _again in range(2):
        planning.join_track(session, cast.actor("ada"), cast.spring, [cast.mei], TUESDAY)
    row = session.scalars(select(Assignment).where(Assignment.person_id == cast.mei)).one()
    assert (row.intake_id, row.course_version_id) == (cast.spring, track.version_id)


def test_joining_an_intake_without_a_track_gives_none(session: Session, cast: Cast) -> None:
    planning.join_track(session, cast.actor("ada"), cast.later, [cast.lior], MONDAY)
    assert session.scalar(select(func.count(Assignment.id))) == 0


def test_people_hear_of_courses_once_however_often_the_program_is_put_together(
    session: Session, cast: Cast, track: Track
) -> None:
    for _again in range(3):
        course_hooks.register()
    assert hooks._joined.count(planning.join_track) == 1
    intakes.join_intake(
        session,
        actor=cast.actor("ada"),
        intake_id=cast.spring,
        person_ids=[cast.mei],
        now=TUESDAY,
    )
    assert assignment_of(session, cast.mei)


def test_somebody_who_starts_after_the_intake_has_weeks_of_their_own(
    session: Session, cast: Cast, track: Track
) -> None:
    late = cast.start + timedelta(days=7)
    session.execute(update(Person).where(Person.id == cast.mei).values(started_on=late))
    planning.join_track(session, cast.actor("ada"), cast.spring, [cast.mei], TUESDAY)
    assert stands(session, cast.mei).starts_on == late
    assert due(session, track, cast.mei, "orders") == str(late)
    assert due(session, track, cast.maya, "orders") == str(cast.start)


def test_a_first_day_that_moves_after_joining_moves_the_dates(
    session: Session, cast: Cast, track: Track
) -> None:
    late = cast.start + timedelta(days=7)
    session.execute(update(Person).where(Person.id == cast.maya).values(started_on=late))
    assert stands(session, cast.maya).starts_on == late
    early = cast.start - timedelta(days=90)
    session.execute(update(Person).where(Person.id == cast.maya).values(started_on=early))
    assert stands(session, cast.maya).starts_on == cast.start


def test_an_intake_that_starts_later_takes_its_late_starters_along(
    session: Session, cast: Cast, track: Track
) -> None:
    late = cast.start + timedelta(days=7)
    session.execute(update(Person).where(Person.id == cast.mei).values(started_on=late))
    planning.join_track(session, cast.actor("ada"), cast.spring, [cast.mei], TUESDAY)
    moved = cast.start + timedelta(days=14)
    session.execute(update(Intake).where(Intake.id == cast.spring).values(starts_on=moved))
    assert stands(session, cast.mei).starts_on == moved


def test_moving_to_another_intake_keeps_what_is_done_and_takes_its_dates(
    session: Session, cast: Cast, track: Track
) -> None:
    assign(session, cast, cast.later, track)
    maya = assignment_of(session, cast.maya)
    record(session, maya, track.steps["orders"], "done", at=MONDAY)
    planning.join_track(session, cast.actor("ada"), cast.later, [cast.maya], TUESDAY)
    assert assignment_of(session, cast.maya) == maya
    assert stands(session, cast.maya).progress.done == 1
    assert stands(session, cast.maya).starts_on == cast.start + timedelta(days=13)
    assert due(session, track, cast.maya, "returns") == str(cast.start + timedelta(days=15))


def test_leaving_an_intake_keeps_what_is_done_the_dates_and_ones_own_exceptions(
    session: Session, cast: Cast, track: Track
) -> None:
    maya = assignment_of(session, cast.maya)
    record(session, maya, track.steps["orders"], "done", at=MONDAY)
    ines = cast.actor("ines")
    planning.make_exception(
        session,
        actor=ines,
        scope=Scope(assignment_id=maya),
        kind="waive",
        step_id=track.steps["returns"],
        reason="Knows it",
        now=MONDAY,
    )
    before = stands(session, cast.maya)
    course_hooks.register()
    intakes.leave_intake(
        session,
        actor=ines,
        person_id=cast.maya,
        intake_id=cast.spring,
        reason="Starts over in autumn",
        now=TUESDAY,
    )
    assert assignment_of(session, cast.maya) == maya
    after = stands(session, cast.maya)
    assert after.progress == before.progress
    assert [step.dates for step in after.steps] == [step.dates for step in before.steps]
    # The intake goes on without her: what moves it moves her no more.
    moved = cast.start + timedelta(days=14)
    session.execute(update(Intake).where(Intake.id == cast.spring).values(starts_on=moved))
    assert stands(session, cast.maya).starts_on == cast.start
    assert stands(session, cast.ben).starts_on == moved


def test_who_left_an_intake_and_joins_another_goes_on_with_what_is_done(
    session: Session, cast: Cast, track: Track
) -> None:
    assign(session, cast, cast.later, track)
    maya = assignment_of(session, cast.maya)
    record(session, maya, track.steps["orders"], "done", at=MONDAY)
    planning.leave_track(session, cast.actor("ines"), cast.spring, [cast.maya], TUESDAY)
    planning.leave_track(session, cast.actor("ines"), cast.spring, [cast.maya], TUESDAY)
    planning.join_track(session, cast.actor("ines"), cast.later, [cast.maya], TUESDAY)
    assert assignment_of(session, cast.maya) == maya
    assert stands(session, cast.maya).progress.done == 1
    assert stands(session, cast.maya).starts_on == cast.start + timedelta(days=13)


def test_a_late_starter_who_leaves_keeps_their_own_start(
    session: Session, cast: Cast, track: Track
) -> None:
    late = cast.start + timedelta(days=7)
    session.execute(update(Person).where(Person.id == cast.mei).values(started_on=late))
    planning.join_track(session, cast.actor("ada"), cast.spring, [cast.mei], TUESDAY)
    planning.leave_track(session, cast.actor("ines"), cast.spring, [cast.mei], TUESDAY)
    assert stands(session, cast.mei).starts_on == late


def test_moving_the_start_moves_dates_and_keeps_exceptions(
    session: Session, cast: Cast, track: Track
) -> None:
    ines = cast.actor("ines")
    maya = Scope(assignment_id=assignment_of(session, cast.maya))
    planning.make_exception(
        session, actor=ines, scope=maya, kind="shift", days=2, reason="Ill", now=MONDAY
    )
    planning.make_exception(
        session,
        actor=ines,
        scope=maya,
        kind="set",
        step_id=track.steps["trust"],
        on_date=date(2026, 3, 30),
        reason="Agreed",
        now=MONDAY,
    )
    planning.make_exception(
        session,
        actor=ines,
        scope=maya,
        kind="waive",
        step_id=track.steps["live"],
        reason="Has done it elsewhere",
        now=MONDAY,
    )
    assert due(session, track, cast.maya, "orders") == "2026-03-04"
    session.execute(
        update(Intake).where(Intake.id == cast.spring).values(starts_on=date(2026, 3, 9))
    )
    assert due(session, track, cast.ben, "orders") == "2026-03-09"
    assert due(session, track, cast.maya, "orders") == "2026-03-11"
    assert due(session, track, cast.maya, "trust") == "2026-03-30"
    assert stands(session, cast.maya).by_id[track.steps["live"]].waived


def test_a_pause_moves_what_follows_over_its_days(
    session: Session, cast: Cast, track: Track
) -> None:
    planning.make_exception(
        session,
        actor=cast.actor("ines"),
        scope=Scope(intake_id=cast.spring),
        kind="pause",
        from_on=date(2026, 3, 3),
        until_on=date(2026, 3, 4),
        reason="Inventory",
        now=MONDAY,
    )
    assert due(session, track, cast.maya, "orders") == "2026-03-02"
    assert due(session, track, cast.maya, "returns") == "2026-03-05"
    assert due(session, track, cast.ben, "first-case") == "2026-03-06"


def test_a_holiday_of_the_site_is_skipped_and_each_site_has_its_week(
    session: Session, cast: Cast, track: Track
) -> None:
    assign(session, cast, cast.later, track)
    session.add(Holiday(site_id=cast.harbour, on_date=date(2026, 3, 3), name="Day of the harbour"))
    session.flush()
    assert due(session, track, cast.maya, "returns") == "2026-03-04"
    assert due(session, track, cast.lior, "orders") == "2026-03-15"
    assert due(session, track, cast.lior, "trust") == "2026-03-22"


def test_unlocking_opens_and_waiving_takes_out_of_the_count(
    session: Session, cast: Cast, track: Track
) -> None:
    ines = cast.actor("ines")
    scope = Scope(assignment_id=assignment_of(session, cast.maya))
    live = track.steps["live"]
    assert not stands(session, cast.maya).by_id[live].dates.is_open(MONDAY)
    planning.make_exception(
        session, actor=ines, scope=scope, kind="unlock", step_id=live, reason="Knows it", now=MONDAY
    )
    assert stands(session, cast.maya).by_id[live].dates.is_open(MONDAY)
    assert not stands(session, cast.ben).by_id[live].dates.is_open(MONDAY)
    planning.make_exception(
        session, actor=ines, scope=scope, kind="waive", step_id=live, reason="Done it", now=MONDAY
    )
    assert stands(session, cast.maya).progress.total == 6
    assert stands(session, cast.ben).progress.total == 7


def test_an_exception_taken_back_no_longer_counts_and_stays_readable(
    session: Session, cast: Cast, track: Track
) -> None:
    ines = cast.actor("ines")
    row = planning.make_exception(
        session,
        actor=ines,
        scope=Scope(intake_id=cast.spring),
        kind="shift",
        days=1,
        reason="Strike",
        now=MONDAY,
    )
    for _again in range(2):
        planning.withdraw_exception(session, actor=ines, exception_id=row.id, now=TUESDAY)
    assert due(session, track, cast.maya, "orders") == "2026-03-02"
    assert (row.withdrawn_by, row.withdrawn_at, row.reason) == (cast.ines, TUESDAY, "Strike")
    verbs = select(AuditEntry.verb).where(AuditEntry.verb == "withdraw_exception")
    assert len(session.scalars(verbs).all()) == 1


def test_the_newest_set_date_holds_and_a_persons_before_the_intakes(
    session: Session, cast: Cast, track: Track
) -> None:
    maya = Scope(assignment_id=assignment_of(session, cast.maya))
    everyone = Scope(intake_id=cast.spring)
    for scope, day in ((maya, 10), (maya, 12), (everyone, 20)):
        planning.make_exception(
            session,
            actor=cast.actor("ines"),
            scope=scope,
            kind="set",
            step_id=track.steps["orders"],
            on_date=date(2026, 3, day),
            reason="Agreed",
            now=MONDAY,
        )
    assert due(session, track, cast.maya, "orders") == "2026-03-12"
    assert due(session, track, cast.ben, "orders") == "2026-03-20"


@pytest.mark.parametrize(
    ("kind", "values", "code"),
    [
        ("shift", {}, "shift_range"),
        ("shift", {"days": 0}, "shift_range"),
        ("shift", {"days": 61}, "shift_range"),
        ("shift", {"days": -61}, "shift_range"),
        ("pause", {"from_on": date(2026, 3, 3)}, "pause_range"),
        ("pause", {"until_on": date(2026, 3, 3)}, "pause_range"),
        ("pause", {"from_on": date(2026, 3, 3), "until_on": date(2026, 3, 2)}, "pause_range"),
        ("pause", {"from_on": date(2026, 3, 3), "until_on": date(2026, 8, 30)}, "pause_range"),
        ("set", {"step_id": 1}, "set_date_missing"),
        ("set", {"on_date": date(2026, 3, 3)}, "step_missing"),
        ("waive", {}, "step_missing"),
        ("shift", {"days": 1, "reason": "  "}, "reason_missing"),
        ("shift", {"days": 1, "reason": "x" * 1001}, "reason_long"),
    ],
)
def test_an_exception_that_says_nothing_is_refused(
    session: Session, cast: Cast, track: Track, kind: str, values: dict[str, object], code: str
) -> None:
    with pytest.raises(Refused, match=code):
        planning.make_exception(
            session,
            actor=cast.actor("ines"),
            scope=Scope(intake_id=cast.spring),
            kind=kind,
            now=MONDAY,
            **{"reason": "Because", **values},  # type: ignore[arg-type]
        )


def test_one_person_outside_any_intake_starts_on_their_own_day(
    session: Session, cast: Cast, track: Track
) -> None:
    def put() -> Assignment:
        return planning.assign_person(
            session,
            actor=cast.actor("ines"),
            person_id=cast.mei,
            course_slug=track.slug,
            starts_on=date(2026, 3, 11),
            now=MONDAY,
        )

    put()
    assert due(session, track, cast.mei, "orders") == "2026-03-11"
    with pytest.raises(Refused, match="already_on_track"):
        put()
    session.execute(update(Person).where(Person.id == cast.oleg).values(site_id=None))
    with pytest.raises(Refused, match="person_without_site"):
        planning.assign_person(
            session,
            actor=cast.actor("ines"),
            person_id=cast.oleg,
            course_slug=track.slug,
            starts_on=date(2026, 3, 11),
            now=MONDAY,
        )


def test_ending_keeps_what_was_done_and_lets_the_person_begin_again(
    session: Session, cast: Cast, track: Track
) -> None:
    ines = cast.actor("ines")
    maya = assignment_of(session, cast.maya)
    record(session, maya, track.steps["orders"], "done", at=MONDAY)
    with pytest.raises(Refused, match="reason_missing"):
        planning.end_assignment(session, actor=ines, assignment_id=maya, why=" ", now=MONDAY)
    planning.end_assignment(session, actor=ines, assignment_id=maya, why="Changed team", now=MONDAY)
    with pytest.raises(Refused, match="course_ended"):
        planning.end_assignment(session, actor=ines, assignment_id=maya, why="Again", now=MONDAY)
    assert stands(session, cast.maya).progress.done == 1
    planning.join_track(session, ines, cast.spring, [cast.maya], TUESDAY)
    assert stands(session, cast.maya).progress.done == 0


def new_version(session: Session) -> Track:
    """Write version 2: orders reworded, returns gone, alerts new."""
    steps = [
        Wanted("orders", text="Better words"),
        Wanted("alerts", day=2),
        *(step for step in USUAL if step.slug not in ("orders", "returns")),
    ]
    return make_track(session, TUESDAY, steps)


def test_a_new_version_moves_nobody_until_somebody_does_it(
    session: Session, cast: Cast, track: Track
) -> None:
    maya = assignment_of(session, cast.maya)
    record(session, maya, track.steps["orders"], "done", at=MONDAY)
    record(session, maya, track.steps["returns"], "done", at=MONDAY)
    newest = new_version(session)
    assert stands(session, cast.maya).outline.number == 1
    planning.move_to_version(
        session,
        actor=cast.actor("ines"),
        assignment_id=maya,
        version_id=newest.version_id,
        reason="Alerts matter now",
        now=TUESDAY,
    )
    after = stands(session, cast.maya)
    assert (after.outline.number, after.progress.done, after.progress.total) == (2, 1, 7)
    assert stands(session, cast.ben).outline.number == 1
    entry = session.scalars(select(AuditEntry).where(AuditEntry.verb == "move_to_version")).one()
    assert (entry.subject_id, entry.reason) == (cast.maya, "Alerts matter now")


def test_moving_an_intake_moves_its_people_and_those_who_join_later(
    session: Session, cast: Cast, track: Track
) -> None:
    newest = new_version(session)

    def move() -> int:
        return planning.move_intake_to_version(
            session,
            actor=cast.actor("ines"),
            intake_id=cast.spring,
            version_id=newest.version_id,
            reason="Alerts matter now",
            now=TUESDAY,
        )

    assert move() == 2
    assert move() == 0
    planning.join_track(session, cast.actor("ada"), cast.spring, [cast.mei], TUESDAY)
    versions = set(session.scalars(select(Assignment.course_version_id)))
    assert versions == {newest.version_id}
    entries = session.scalars(select(AuditEntry).where(AuditEntry.verb == "move_to_version")).all()
    assert sorted(entry.subject_type for entry in entries) == ["intake", "person", "person"]


def test_nobody_is_moved_to_a_version_of_another_track_or_without_a_reason(
    session: Session, cast: Cast, track: Track
) -> None:
    other = make_track(session, MONDAY, slug="refresher")
    newest = new_version(session)
    maya = assignment_of(session, cast.maya)
    for version_id, reason, error in (
        (other.version_id, "Why not", NotFound),
        (newest.version_id, " ", Refused),
    ):
        with pytest.raises(error):
            planning.move_to_version(
                session,
                actor=cast.actor("ines"),
                assignment_id=maya,
                version_id=version_id,
                reason=reason,
                now=TUESDAY,
            )
        with pytest.raises(error):
            planning.move_intake_to_version(
                session,
                actor=cast.actor("ines"),
                intake_id=cast.spring,
                version_id=version_id,
                reason=reason,
                now=TUESDAY,
            )


# ---- at the same time ----------------------------------------------------------------------


def at_once(*acts: object) -> list[str]:
    """Run acts in threads that begin together; return `ok` or what each was refused with."""
    barrier = Barrier(len(acts))

    def run(act: object) -> str:
        barrier.wait()
        try:
            act()  # type: ignore[operator]
        except Refused as error:
            return error.code
        return "ok"

    with ThreadPoolExecutor(len(acts)) as pool:
        return sorted(pool.map(run, acts))


def test_two_trainers_who_assign_at_once_make_one_assignment(
    database: Database, cast: Cast
) -> None:
    with database.writing() as session:
        track = make_track(session, MONDAY)
        make_track(session, MONDAY, slug="refresher")

    def put(slug: str, name: str) -> None:
        with database.writing() as writing:
            planning.assign_intake(
                writing,
                actor=cast.actor(name),
                intake_id=cast.spring,
                course_slug=slug,
                now=MONDAY,
            )

    found = at_once(
        lambda: put(track.slug, "ines"),
        lambda: put(track.slug, "ada"),
        lambda: put("refresher", "ines"),
    )
    assert found == ["intake_has_track", "intake_has_track", "ok"]
    with database.reading() as session:
        assert session.scalar(select(func.count(Assignment.id))) == 2
        assert session.scalar(select(func.count(IntakeCourse.id))) == 1


def test_who_joins_while_the_track_is_assigned_gets_it(database: Database, cast: Cast) -> None:
    with database.writing() as session:
        track = make_track(session, MONDAY)

    def put() -> None:
        with database.writing() as writing:
            planning.assign_intake(
                writing,
                actor=cast.actor("ines"),
                intake_id=cast.spring,
                course_slug=track.slug,
                now=MONDAY,
            )

    def join(person_id: int) -> None:
        with database.writing() as writing:
            writing.add(IntakeMember(person_id=person_id, intake_id=cast.spring, joined_at=MONDAY))
            writing.flush()
            planning.join_track(writing, cast.actor("ada"), cast.spring, [person_id], MONDAY)

    assert at_once(put, lambda: join(cast.mei), lambda: join(cast.oleg)) == ["ok"] * 3
    with database.reading() as session:
        on_track = set(session.scalars(select(Assignment.person_id)))
    assert on_track == {cast.maya, cast.ben, cast.mei, cast.oleg}


def test_one_person_assigned_twice_at_once_is_on_the_track_once(
    database: Database, cast: Cast
) -> None:
    with database.writing() as session:
        track = make_track(session, MONDAY)

    def put() -> None:
        with database.writing() as writing:
            planning.assign_person(
                writing,
                actor=cast.actor("ines"),
                person_id=cast.mei,
                course_slug=track.slug,
                starts_on=cast.start,
                now=MONDAY,
            )

    assert at_once(put, put, put) == ["already_on_track", "already_on_track", "ok"]
