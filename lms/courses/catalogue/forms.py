"""Shape of putting people on tracks and of moving them to another version."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, TextAreaField
from wtforms.validators import InputRequired, Length

from lms.courses.dates.operations import REASON_LENGTH


class AssignForm(FlaskForm):  # type: ignore[misc]
    """A track and the day on which one person begins it."""

    track = SelectField(_("Track"))
    starts_on = DateField(_("Begins on"), [InputRequired()])


class ReasonForm(FlaskForm):  # type: ignore[misc]
    """Why."""

    reason = TextAreaField(_("Why"), [Length(max=REASON_LENGTH)])
