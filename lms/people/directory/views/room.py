"""The directory's blueprint, to which its pages attach themselves."""

from flask import Blueprint

from lms.people import written

blueprint = Blueprint("directory", __name__)


@blueprint.context_processor
def _words() -> dict[str, object]:
    return written.in_templates()
