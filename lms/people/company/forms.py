"""Forms of the settings pages: the shape of input, nothing else."""

from functools import cache
from typing import Any, cast
from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    DateField,
    HiddenField,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from lms.core import i18n
from lms.core.errors import Refused
from lms.core.forms import choices
from lms.people.account.words import SEASON_NAMES
from lms.people.company.rules import CompanyPlan, Settings, SitePlan
from lms.people.company.words import weekday_names

_AREAS = frozenset(
    {"Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia"}
    | {"Europe", "Indian", "Pacific"}
)
_LANGUAGES = choices((entry.code, entry.name) for entry in i18n.LANGUAGES.values())
_SLUG_HINT = _("How files and addresses name it. Left empty, it is made from the name.")
_ZONE_HINT = _("Begin to type a city, such as Berlin.")


class _Seen(FlaskForm):  # type: ignore[misc]
    """A form that knows what its reader saw when it was opened."""

    seen = HiddenField(default="")

    def changed_meanwhile(self, error: Refused, stamp: str) -> Refused:
        """Return the refusal with the labels of the fields that changed; the form now saw them."""
        self.seen.data = stamp
        keys = [str(key) for key in cast(list[str], error.values["fields"])]
        labels = [str(self[key].label.text) for key in keys if key in self]
        return Refused(error.code, fields=", ".join(labels))


class CompanyForm(_Seen):
    """The company's name, language, zone and numbers."""

    name = StringField(_("Name"), [InputRequired(), Length(max=120)])
    language = SelectField(
        _("Language"),
        choices=_LANGUAGES,
        description=_("For everyone who has chosen none and whose intake has none."),
    )
    time_zone = StringField(
        _("Time zone"),
        [InputRequired(), Length(max=60)],
        description=_("For people without a site. Begin to type a city, such as Berlin."),
    )
    digest_hour = SelectField(
        _("Daily mail goes out at"),
        coerce=int,
        choices=choices((hour, f"{hour:02}:00") for hour in range(24)),
        description=_("On each reader's own clock; only when there is something new."),
    )
    invitation_days = IntegerField(
        _("Invitations work for (days)"),
        [InputRequired(), NumberRange(1, 90)],
    )

    def plan(self) -> CompanyPlan:
        """Return what was typed."""
        return CompanyPlan(
            name=self.name.data or "",
            language=self.language.data,
            time_zone=self.time_zone.data or "",
            settings=Settings(self.digest_hour.data, self.invitation_days.data or 0),
        )


class LogoForm(FlaskForm):  # type: ignore[misc]
    """The company's logo."""

    logo = FileField(_("Logo"), description=_("JPEG, PNG or WebP, at most 12 MB."))


class SiteForm(_Seen):
    """A site: where it is, its zone and its week."""

    name = StringField(_("Name"), [InputRequired(), Length(max=120)])
    slug = StringField(_("Short name"), [Optional(), Length(max=60)], description=_SLUG_HINT)
    time_zone = StringField(
        _("Time zone"), [InputRequired(), Length(max=60)], description=_ZONE_HINT
    )
    week_starts_on = SelectField(_("The week begins on"), coerce=int)
    working_weekdays = SelectMultipleField(
        _("Working days"),
        coerce=int,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        days = choices(enumerate(weekday_names()))
        self.week_starts_on.choices = days
        self.working_weekdays.choices = days

    def plan(self) -> SitePlan:
        """Return what was typed."""
        return SitePlan(
            name=self.name.data or "",
            slug=self.slug.data or "",
            time_zone=self.time_zone.data or "",
            week_starts_on=self.week_starts_on.data,
            working_weekdays=tuple(self.working_weekdays.data or ()),
        )


class _AtSiteForm(FlaskForm):  # type: ignore[misc]
    """A form about one site or the whole company (0)."""

    site = SelectField(_("Where"), coerce=int)

    def offer(self, sites: list[tuple[int, str]]) -> None:
        """Fill the choice of the site."""
        self.site.choices = choices([(0, _("Whole company")), *sites])

    def site_id(self) -> int | None:
        """Return the chosen site; None is the whole company."""
        return self.site.data or None


class HolidayForm(_AtSiteForm):
    """One day off or a range."""

    name = StringField(_("Name"), [InputRequired(), Length(max=120)])
    on_date = DateField(_("First day"), [InputRequired()])
    until = DateField(_("Last day"), [Optional()], description=_("Empty for a single day."))


class HolidayListForm(_AtSiteForm):
    """Several days off, pasted."""

    lines = TextAreaField(
        _("Dates and names"),
        [InputRequired(), Length(max=60_000)],
        description=_("One on each line: 2026-12-25 Christmas Day"),
    )


class LabelForm(FlaskForm):  # type: ignore[misc]
    """A department, or with a season a gear category."""

    name = StringField(_("Name"), [InputRequired(), Length(max=120)])
    slug = StringField(_("Short name"), [Optional(), Length(max=60)], description=_SLUG_HINT)


class CategoryForm(LabelForm):
    """A gear category."""

    season = SelectField(_("Season"), choices=choices(SEASON_NAMES.items()))


@cache
def zone_names() -> tuple[str, ...]:
    """Return the zones to offer, by area and city; older names are taken too, but not offered."""
    return tuple(sorted(z for z in available_timezones() if z.split("/")[0] in _AREAS))
