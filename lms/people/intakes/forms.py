"""Forms of the intake pages: the shape of input, nothing else."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from lms.core import i18n
from lms.core.forms import choices
from lms.people.intakes.rules import REASON_LENGTH, IntakePlan


class IntakeForm(FlaskForm):  # type: ignore[misc]
    """An intake's names, site and language."""

    name = StringField(_("Name"), [InputRequired(), Length(max=120)])
    slug = StringField(
        _("Short name"),
        [Optional(), Length(max=60)],
        description=_("How files and addresses name it. Left empty, it is made from the name."),
    )
    site_id = SelectField(
        _("Site"),
        coerce=int,
        description=_("Its working days decide when the weeks begin."),
    )
    language = SelectField(
        _("Language"), description=_("For members who have chosen none of their own.")
    )

    def offer(self, sites: list[tuple[int, str]]) -> None:
        """Fill the choices."""
        self.site_id.choices = choices(sites)
        languages = ((entry.code, entry.name) for entry in i18n.LANGUAGES.values())
        self.language.choices = choices([("", _("As the company has it")), *languages])

    def plan(self) -> IntakePlan:
        """Return what was typed."""
        return IntakePlan(
            name=self.name.data or "",
            slug=self.slug.data or "",
            site_id=self.site_id.data,
            language=self.language.data or None,
        )


class NewIntakeForm(IntakeForm):
    """A new intake: also its start."""

    starts_on = DateField(
        _("Start"),
        [InputRequired()],
        description=_("When it is not a working day there, day one is the next one."),
    )


class StartForm(FlaskForm):  # type: ignore[misc]
    """Another start, and why."""

    starts_on = DateField(_("New start"), [InputRequired()])
    reason = TextAreaField(
        _("Why?"),
        [InputRequired(), Length(max=REASON_LENGTH)],
        description=_("It stands in the audit trail."),
    )
    seen = HiddenField()


class MoveForm(FlaskForm):  # type: ignore[misc]
    """Another intake for a member, or none, and why."""

    to = SelectField(_("Where to"), coerce=int)
    reason = TextAreaField(
        _("Why?"),
        [InputRequired(), Length(max=REASON_LENGTH)],
        description=_("It stands in the audit trail."),
    )
