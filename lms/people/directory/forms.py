"""Forms of the directory: the shape of input, nothing else."""

from collections.abc import Callable, Sequence
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    FieldList,
    FormField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
    ValidationError,
)
from wtforms import Form as PlainForm
from wtforms.fields import Field
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length, Optional, StopValidation
from wtforms.widgets import CheckboxInput, ListWidget

from lms.core import i18n, refusals
from lms.core.errors import Refused
from lms.core.forms import stripped
from lms.core.permissions import Role
from lms.people.account.words import ROLE_NAMES
from lms.people.directory.rules import Lookups, ShiftPlan, Stored, Words
from lms.people.directory.words import FIELDS
from lms.people.rules import Profile, clean_email, clean_name, clean_zone

_LANGUAGES = [SelectChoice(entry.code, entry.name) for entry in i18n.LANGUAGES.values()]
_ROLES = [SelectChoice(role.value, name) for role, name in ROLE_NAMES.items()]
LEAST_COACHES = 2
"""Choices of a coach that a form shows."""


class _Boxes(SelectMultipleField):
    """Several choices as tick boxes."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()


class PersonForm(FlaskForm):  # type: ignore[misc]
    """A person's whole record."""

    name = StringField(FIELDS["name"], [InputRequired(), Length(max=200)], filters=[stripped])
    email = StringField(FIELDS["email"], [InputRequired(), Length(max=254)], filters=[stripped])
    roles = _Boxes(
        FIELDS["roles"], choices=[SelectChoice(role, name) for role, name in ROLE_NAMES.items()]
    )
    intake_id = SelectField(FIELDS["intake_id"], coerce=int)
    site_id = SelectField(FIELDS["site_id"], coerce=int)
    department_id = SelectField(FIELDS["department_id"], coerce=int)
    manager = SelectField(FIELDS["manager"])
    coaches = FieldList(SelectField(_("Coach")), FIELDS["coaches"])
    first_category = SelectField(_("First category"), coerce=int)
    second_category = SelectField(_("Second category"), coerce=int)
    working_languages = _Boxes(FIELDS["working_languages"], choices=_LANGUAGES)
    language = SelectField(
        FIELDS["language"],
        choices=[SelectChoice("", _("As the intake or company has it")), *_LANGUAGES],
    )
    time_zone = StringField(
        FIELDS["time_zone"],
        [Length(max=60)],
        filters=[stripped],
        description=_("Empty means the site's. Begin to type a city, such as Berlin."),
    )
    started_on = DateField(FIELDS["started_on"], [Optional()])
    leaves_on = DateField(
        FIELDS["leaves_on"], [Optional()], description=_("Access ends when this day is over.")
    )
    seen = HiddenField(default="")

    demo = False
    """Whether `.test` addresses are taken."""
    kept_email = ""
    """The address as it stands, which is right whatever the rules were when it came."""

    def offer(self, lookups: Lookups, others: dict[Role, list[Any]]) -> None:
        """Fill the choices that depend on the company."""
        nobody = SelectChoice("", _("Nobody"))
        none = SelectChoice(0, _("None"))
        self.intake_id.choices = [none, *_choices(lookups.intakes)]
        self.site_id.choices = [none, *_choices(lookups.sites)]
        self.department_id.choices = [none, *_choices(lookups.departments)]
        categories = [none, *_choices(lookups.categories)]
        self.first_category.choices = self.second_category.choices = categories
        self.manager.choices = [nobody, *_people(others[Role.MANAGER])]
        while len(self.coaches) < LEAST_COACHES:
            self.coaches.append_entry("")
        for entry in self.coaches:
            entry.choices = [nobody, *_people(others[Role.COACH])]

    def validate_name(self, field: Field) -> None:
        """Refuse what cannot be a name."""
        self.clean_name = _cleaned(clean_name, field)

    def validate_email(self, field: Field) -> None:
        """Refuse what cannot be a mail address."""
        if self.kept_email and (field.data or "").lower() == self.kept_email:
            self.clean_email = self.kept_email
        else:
            self.clean_email = _cleaned(lambda text: clean_email(text, demo=self.demo), field)

    def validate_time_zone(self, field: Field) -> None:
        """Refuse what is no zone."""
        self.clean_zone = _cleaned(clean_zone, field) if field.data else None

    def profile(self) -> Profile:
        """Return what was typed. Only after validation."""
        categories = (self.first_category.data, self.second_category.data)
        return Profile(
            name=self.clean_name or "",
            language=self.language.data or None,
            time_zone=self.clean_zone,
            intake_id=self.intake_id.data or None,
            manager=self.manager.data or None,
            coaches=frozenset(entry.data for entry in self.coaches if entry.data),
            site_id=self.site_id.data or None,
            department_id=self.department_id.data or None,
            categories=tuple(dict.fromkeys(one for one in categories if one)),
            roles=frozenset(Role(role) for role in self.roles.data or ()),
            working_languages=frozenset(self.working_languages.data or ()),
            started_on=self.started_on.data,
            leaves_on=self.leaves_on.data,
        )


def filled(person: Stored) -> dict[str, Any]:
    """Return the values of a PersonForm for a record."""
    profile = person.profile
    first, second, *_rest = (*profile.categories, 0, 0)
    return {
        "name": profile.name,
        "email": person.email,
        "roles": [role.value for role in profile.roles],
        "intake_id": profile.intake_id or 0,
        "site_id": profile.site_id or 0,
        "department_id": profile.department_id or 0,
        "manager": profile.manager or "",
        "coaches": sorted(profile.coaches),
        "first_category": first,
        "second_category": second,
        "working_languages": list(profile.working_languages),
        "language": profile.language or "",
        "time_zone": profile.time_zone or "",
        "started_on": profile.started_on,
        "leaves_on": profile.leaves_on,
    }


def _choices(words: Words) -> list[SelectChoice]:
    return [SelectChoice(word.id, word.name) for word in words.all]


def _people(found: Sequence[tuple[str, str]]) -> list[SelectChoice]:
    return [SelectChoice(email, f"{name} ({email})") for email, name in found]


def _cleaned(clean: Callable[[str], str], field: Field) -> str:
    try:
        return clean(field.data or "")
    except Refused as refusal:
        raise ValidationError(refusals.sentence(refusal)) from refusal


class OptionalUnless:
    """Validator: may be empty unless another field has this value (or any, when none is given)."""

    def __init__(self, other: str, value: str | None, message: Any) -> None:
        self.other = other
        self.value = value
        self.message = message

    def __call__(self, form: PlainForm, field: Field) -> None:
        """Stop at an empty field, with the message when it is needed."""
        if any(isinstance(text, str) and text.strip() for text in field.raw_data or ()):
            return
        field.errors = []
        other = form[self.other].data
        needed = other == self.value if self.value is not None else other is not None
        raise StopValidation(str(self.message) if needed else "")


class DeactivateForm(FlaskForm):  # type: ignore[misc]
    """Why access ends, and when."""

    when = RadioField(
        _("When"),
        choices=[SelectChoice("now", _("At once")), SelectChoice("on", _("After a last day"))],
        default="now",
    )
    on = DateField(FIELDS["leaves_on"], [OptionalUnless("when", "on", _("Choose the last day."))])
    reason = TextAreaField(_("Why"), [InputRequired(), Length(max=500)], filters=[stripped])


_BOTH_TIMES = _("A shift needs a beginning and an end.")


class _ShiftForm(PlainForm):
    """From and to, on a weekday or a date; everything empty means no row."""

    starts_at = TimeField(_("From"), [OptionalUnless("ends_at", None, _BOTH_TIMES)])
    ends_at = TimeField(_("To"), [OptionalUnless("starts_at", None, _BOTH_TIMES)])


class WeekdayForm(_ShiftForm):
    """A shift of the weekly pattern."""

    weekday = HiddenField()


class DifferingForm(_ShiftForm):
    """A date that differs."""

    on_date = DateField(_("Date"), [OptionalUnless("starts_at", None, _("Choose the date."))])


class ShiftsForm(FlaskForm):  # type: ignore[misc]
    """A weekly pattern and the dates that differ from it."""

    weekly = FieldList(FormField(WeekdayForm), _("Every week"))
    differing = FieldList(FormField(DifferingForm), _("Dates that differ"))

    def plan(self) -> ShiftPlan:
        """Return the rows that say something."""
        return ShiftPlan(
            weekly=tuple(
                (int(row.weekday.data), row.starts_at.data, row.ends_at.data)
                for row in (entry.form for entry in self.weekly)
                if row.starts_at.data is not None
                and row.ends_at.data is not None
                and row.weekday.data in tuple("0123456")
            ),
            differing=tuple(
                (row.on_date.data, row.starts_at.data, row.ends_at.data)
                for row in (entry.form for entry in self.differing)
                if row.on_date.data is not None
            ),
        )
