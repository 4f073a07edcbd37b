"""Forms of importing: the shape of input, nothing else."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import BooleanField, DateField, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from lms.people.directory.forms import OptionalUnless


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
            SelectChoice("no", _("Invite nobody yet")),
            SelectChoice("now", _("Invite them now")),
            SelectChoice("on", _("Invite them on a date, in the morning")),
        ],
        default="no",
    )
    invite_on = DateField(_("Date"), [OptionalUnless("invite", "on", _("Choose the date."))])
