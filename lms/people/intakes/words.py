"""Words of the intake pages: phases, states of access, refusals."""

from flask_babel import lazy_gettext as _

from lms.people.intakes.rules import Access, Phase

PHASES = {
    Phase.RUNNING: _("Running"),
    Phase.UPCOMING: _("To come"),
    Phase.PAST: _("Past"),
}

STATES = {
    Access.NOT_INVITED: _("Not invited"),
    Access.INVITED: _("Invited"),
    Access.EXPIRED: _("Expired"),
    Access.IN: _("In"),
    Access.CLOSED: _("Closed"),
}

TONES = {
    Access.NOT_INVITED: ("neutral", "circle-dashed"),
    Access.INVITED: ("info", "mail"),
    Access.EXPIRED: ("late", "hourglass"),
    Access.IN: ("good", "check"),
    Access.CLOSED: ("neutral", "ban"),
}
"""Tone and icon of each state's badge."""

REFUSALS = {
    "site_unknown": _("This site is gone. Choose another."),
    "start_far": _("This cannot be the start of an intake. Choose a day from 2000 to 2099."),
    "start_changed": _(
        "Somebody moved the start to %(starts_on)s meanwhile. Look at it again, then move it if "
        "you still want to."
    ),
    "start_same": _("This is the start already."),
    "why_missing": _("Say why: it stands in the audit trail."),
    "why_long": _("Use at most %(most)s characters."),
    "too_many_people": _("At most %(most)s people at once."),
    "nobody_selected": _("Tick somebody first."),
    "person_closed": _("These accounts are closed: %(names)s. Open them again first."),
}
