"""Forms of importing: the shape of input, nothing else."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, RadioField, ValidationError
from wtforms.fields import Field
from wtforms.validators import Optional


class UploadForm(FlaskForm):  # type: ignore[misc]
    """A people file."""

    file = FileField(
        _("CSV file"),
        description=_(
            "UTF-8, GB18030 or Windows-1251; separated by comma, semicolon or tab; at most "
            "20,000 rows."
        ),
    )
    allow_admin = BooleanField(
        _("Let rows make and change administrators"),
        description=_("Otherwise such rows are refused."),
    )


class ConfirmForm(FlaskForm):  # type: ignore[misc]
    """Whether and when those who were never in are invited."""

    invite = RadioField(
        _("Invitations"),
        choices=[
            ("no", _("Invite nobody yet")),
            ("now", _("Invite them now")),
            ("on", _("Invite them on a date, in the morning")),
        ],
        default="no",
    )
    invite_on = DateField(_("Date"), [Optional()])

    def validate_invite_on(self, field: Field) -> None:
        """Ask for the date when one is meant."""
        if self.invite.data == "on" and field.data is None:
            raise ValidationError(str(_("Choose the date.")))
