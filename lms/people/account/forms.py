"""Forms of accounts: the shape of input, nothing else."""

from collections.abc import Sequence
from functools import cache
from zoneinfo import available_timezones

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import (
    BooleanField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, Length
from wtforms.widgets import CheckboxInput, ListWidget

from lms.core import i18n
from lms.core.passwords import LONGEST, SHORTEST
from lms.people.account import rules
from lms.people.account.words import SEASON_NAMES, SELF_CHECK_QUESTIONS
from lms.people.models import Category

_AREAS = (
    "Africa",
    "America",
    "Antarctica",
    "Asia",
    "Atlantic",
    "Australia",
    "Europe",
    "Indian",
    "Pacific",
)
_LANGUAGES = [SelectChoice(entry.code, entry.name) for entry in i18n.LANGUAGES.values()]
_LENGTH = _("At least %(least)s characters; a short sentence is easy to keep.", least=SHORTEST)


class SignInForm(FlaskForm):  # type: ignore[misc]
    """E-mail and password."""

    email = StringField(_("E-mail"), [InputRequired(), Length(max=254)])
    password = PasswordField(_("Password"), [InputRequired(), Length(max=LONGEST)])
    remember = BooleanField(_("Keep me signed in on this device"))


class ChoosePasswordForm(FlaskForm):  # type: ignore[misc]
    """A first or a new password, by a link."""

    password = PasswordField(
        _("Password"),
        [InputRequired()],
        description=_LENGTH,
    )


class ResetForm(FlaskForm):  # type: ignore[misc]
    """The mail address to which a reset link may go."""

    email = StringField(_("E-mail"), [InputRequired(), Length(max=254)])


class ChangePasswordForm(FlaskForm):  # type: ignore[misc]
    """The present password and a new one."""

    current = PasswordField(_("Present password"), [InputRequired(), Length(max=LONGEST)])
    password = PasswordField(
        _("New password"),
        [InputRequired()],
        description=_LENGTH,
    )


class PhotoForm(FlaskForm):  # type: ignore[misc]
    """A picture of oneself."""

    photo = FileField(_("Picture"), description=_("JPEG, PNG or WebP, at most 12 MB."))


class ProfileForm(FlaskForm):  # type: ignore[misc]
    """What one may change of oneself."""

    name = StringField(_("Name"), [InputRequired(), Length(max=120)])
    language = SelectField(_("Language"), validate_choice=True)
    time_zone = SelectField(_("Time zone"), validate_choice=True)
    working_languages = SelectMultipleField(
        _("Languages in which you serve customers"),
        choices=_LANGUAGES,
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    first_category = SelectField(_("First category"), coerce=int)
    second_category = SelectField(_("Second category"), coerce=int)
    about = TextAreaField(_("About you"), [Length(max=2000)])
    digest = BooleanField(_("Send me a mail a day when there is something new"))

    def offer(self, categories: Sequence[Category], site_zone: str | None) -> None:
        """Fill the choices that depend on the company."""
        self.language.choices = [SelectChoice("", _("As the company has it")), *_LANGUAGES]
        at_site = _("As your site has it (%(zone)s)", zone=zone_words(site_zone or "UTC"))
        self.time_zone.choices = [SelectChoice("", at_site), *_zones()]
        self.first_category.choices = self.second_category.choices = [
            SelectChoice(0, _("None yet")),
            *(
                SelectChoice(row.id, row.name, optgroup=title)
                for season, title in SEASON_NAMES.items()
                for row in categories
                if row.season == season
            ),
        ]

    def category_ids(self) -> list[int]:
        """Return the chosen categories in order."""
        return [
            chosen for chosen in (self.first_category.data, self.second_category.data) if chosen
        ]


def zone_words(zone: str) -> str:
    """Return a zone name as people read it: its city, without the area and underscores."""
    return zone.rpartition("/")[2].replace("_", " ")


@cache
def _zones() -> tuple[SelectChoice, ...]:
    """Return zones by city, so that typing its name finds it."""
    named = [zone for zone in available_timezones() if zone.partition("/")[0] in _AREAS]
    choices = [
        SelectChoice(zone, f"{zone_words(zone)} ({zone.partition('/')[0]})") for zone in named
    ]
    return tuple(sorted(choices, key=lambda choice: choice.label))


class SelfCheckForm(FlaskForm):  # type: ignore[misc]
    """The questions of day one; none has to be answered."""


for _slug in rules.SELF_CHECK:
    setattr(
        SelfCheckForm,
        _slug,
        TextAreaField(SELF_CHECK_QUESTIONS[_slug], [Length(max=rules.LONGEST_ANSWER)]),
    )
