"""Shape of a decision on a claim: confirmed, or not yet."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, IntegerField, TextAreaField
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import HiddenInput


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """Confirmed, with a note if there is something to add."""

    seen = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    note = TextAreaField(_("A word to go with it"))


class ReopenForm(FlaskForm):  # type: ignore[misc]
    """A confirmation taken back, and why."""

    reason = TextAreaField(_("Open again, because"))


class ReturnForm(FlaskForm):  # type: ignore[misc]
    """Not yet: why, and when to look again."""

    seen = IntegerField(widget=HiddenInput(), validators=[InputRequired()])
    because = TextAreaField(_("Not yet, because"))
    follow_up_on = DateField(_("Look at it again on"), validators=[Optional()])
