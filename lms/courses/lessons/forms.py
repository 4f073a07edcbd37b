"""Shape of what trainees send from a step page."""

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import FileField, IntegerField, TextAreaField
from wtforms.validators import InputRequired

from lms.core.files import Picture, decode_picture, read_upload


class ClaimForm(FlaskForm):  # type: ignore[misc]
    """A note and, if wanted, a photo."""

    note = TextAreaField(_("What did you do, and what can your coach look at?"))
    photo = FileField(_("Photo"))

    def picture(self) -> Picture | None:
        """Return the photo decoded, or None without one; refuse what is not a picture."""
        content = read_upload(self.photo.data)
        return decode_picture(content) if content else None


class EffortForm(FlaskForm):  # type: ignore[misc]
    """Was this easy to learn? From 1, very hard, to 5, very easy."""

    effort = IntegerField(_("Was this easy to learn?"), [InputRequired()])
    comment = TextAreaField(_("What made it so?"))
