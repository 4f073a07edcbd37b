"""What settings may be, as pure rules: names, short names, pasted holidays, stale forms."""

from datetime import date

import pytest

from lms.core.errors import Refused
from lms.people.company.rules import (
    Settings,
    SitePlan,
    check_site,
    check_stamp,
    clean_slug,
    holiday_range,
    read_holidays,
    read_settings,
    slug_of,
    stamp,
)


def code_of(call: object, *arguments: object) -> str:
    assert callable(call)
    with pytest.raises(Refused) as refused:
        call(*arguments)
    return refused.value.code


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Harbour Street", "harbour-street"),
        ("  Café  Nº 5 ", "cafe-no-5"),
        ("ירושלים", ""),
        ("Überlingen – See", "uberlingen-see"),
    ],
)
def test_a_short_name_is_made_of_the_latin_letters_of_a_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


def test_a_name_without_latin_letters_takes_the_other_short_name() -> None:
    assert clean_slug("", "上海", "site") == "site"


@pytest.mark.parametrize("typed", ["Two words", "-edge", "a--b", "ü", "x" * 61, "a/b"])
def test_a_typed_short_name_of_the_wrong_shape_is_refused(typed: str) -> None:
    assert code_of(clean_slug, typed, "Name", "site") == "slug_malformed"


def test_a_site_needs_a_working_day_and_a_known_zone() -> None:
    good = SitePlan("Quay", "", "europe/berlin", 0, (4, 0, 0))
    clean = check_site(good)
    assert (clean.slug, clean.time_zone, clean.working_weekdays) == (
        "quay",
        "Europe/Berlin",
        (0, 4),
    )
    assert code_of(check_site, SitePlan("Quay", "", "Europe/Berlin", 0, ())) == "no_working_day"
    wrong = SitePlan("Quay", "", "Europe/Berln", 0, (0,))
    assert code_of(check_site, wrong) == "unknown_value_near"


def test_a_range_of_holidays_names_each_day_with_both_ends() -> None:
    days = holiday_range(date(2026, 12, 24), date(2026, 12, 26), " Winter  break ")
    assert days == [
        (date(2026, 12, 24), "Winter break"),
        (date(2026, 12, 25), "Winter break"),
        (date(2026, 12, 26), "Winter break"),
    ]
    assert holiday_range(date(2026, 5, 1), None, "May Day") == [(date(2026, 5, 1), "May Day")]


@pytest.mark.parametrize(
    ("last", "code"), [(date(2026, 4, 30), "range_backwards"), (date(2026, 7, 1), "range_long")]
)
def test_a_range_that_cannot_be_meant_is_refused(last: date, code: str) -> None:
    assert code_of(holiday_range, date(2026, 5, 1), last, "May") == code


def test_pasted_lines_are_read_in_any_order_and_blank_ones_do_not_count() -> None:
    text = "2026-12-25 Christmas\n\n  2026-01-01, New Year \r\n2026-12-25\tChristmas Day\n"
    assert read_holidays(text) == [
        (date(2026, 1, 1), "New Year"),
        (date(2026, 12, 25), "Christmas Day"),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (" \n ", "holidays_empty"),
        ("2026-02-30 No such day", "holiday_line"),
        ("25.12.2026 Christmas", "holiday_line"),
        ("2026-12-25", "holiday_line"),
        ("2026-12-25 x\n" * 401, "holidays_many"),
        ("2026-12-25 " + "x" * 121, "title_long"),
    ],
)
def test_pasted_lines_that_are_not_dates_and_names_are_refused(text: str, code: str) -> None:
    assert code_of(read_holidays, text) == code


def test_the_refusal_of_a_line_says_which_line() -> None:
    with pytest.raises(Refused) as refused:
        read_holidays("2026-12-25 Christmas\n\nsoon: a holiday")
    assert refused.value.values["line"] == 3


def test_settings_out_of_range_have_their_usual_values() -> None:
    assert read_settings({"digest_hour": 99, "invitation_days": "x"}) == Settings()
    assert read_settings({"digest_hour": 0, "invitation_days": 90}) == Settings(0, 90)


def test_a_stamp_tells_which_values_changed_since() -> None:
    seen = stamp({"name": "Quay", "zone": "UTC"})
    check_stamp(seen, {"name": "Quay", "zone": "UTC"})
    with pytest.raises(Refused) as refused:
        check_stamp(seen, {"name": "Quay", "zone": "Europe/Berlin"})
    assert refused.value.values["fields"] == ["zone"]
    assert code_of(check_stamp, "nonsense", {"name": "Quay"}) == "settings_changed"
