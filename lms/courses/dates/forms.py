"""Shape of exceptions and sessions. What makes sense is for `dates.operations` to say."""

from collections.abc import Sequence

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, SelectField, StringField, TextAreaField, TimeField
from wtforms.validators import InputRequired, Length, Optional

from lms.courses.dates.operations import PLACE_LENGTH, REASON_LENGTH

Choices = Sequence[tuple[int, str]]


class ExceptionForm(FlaskForm):  # type: ignore[misc]
    """What every exception has: for whom and why. Number 0 means all of them."""

    whom = SelectField(_("For"), coerce=int)
    reason = TextAreaField(_("Why"), [Length(max=REASON_LENGTH)])

    def offer(self, *, whom: Choices, steps: Choices) -> None:
        """Set what can be chosen."""
        self.whom.choices = list(whom)


class StepForm(ExceptionForm):
    """An exception that one step can have; 0 means none or all."""

    step_id = SelectField(_("Step"), coerce=int)

    def offer(self, *, whom: Choices, steps: Choices) -> None:
        """Set what can be chosen."""
        super().offer(whom=whom, steps=steps)
        self.step_id.choices = list(steps)


class ShiftForm(StepForm):
    """Earlier or later by working days."""

    days = IntegerField(_("Working days"), [Optional()])


class PauseForm(ExceptionForm):
    """A span that does not count, for all steps."""

    from_on = DateField(_("From"), [Optional()])
    until_on = DateField(_("Until, that day included"), [Optional()])


class UnlockForm(StepForm):
    """Open at once."""


class WaiveForm(StepForm):
    """Not asked for."""


class SetForm(StepForm):
    """A date of its own."""

    on_date = DateField(_("Due on"), [Optional()])
    at_time = TimeField(_("At"), [Optional()])


FORMS: dict[str, type[ExceptionForm]] = {
    "shift": ShiftForm,
    "pause": PauseForm,
    "unlock": UnlockForm,
    "waive": WaiveForm,
    "set": SetForm,
}


class SessionForm(FlaskForm):  # type: ignore[misc]
    """When and where a session takes place, and who hosts it (0 for nobody yet)."""

    on_date = DateField(_("On"), [InputRequired()])
    at_time = TimeField(_("At"), [InputRequired()])
    time_zone = StringField(_("Time zone"), [Length(max=60)])
    place = StringField(_("Place or link"), [Length(max=PLACE_LENGTH)])
    host_id = SelectField(_("Host"), coerce=int)
