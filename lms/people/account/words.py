"""Words of accounts that pages and mails share: roles, seasons, questions of day one, refusals."""

from lms.core.i18n import lazy_gettext as _
from lms.core.permissions import Role

ROLE_NAMES = {
    Role.TRAINEE: _("Trainee"),
    Role.MENTOR: _("Mentor"),
    Role.COACH: _("Coach"),
    Role.TRAINER: _("Trainer"),
    Role.MANAGER: _("Manager"),
    Role.KEEPER: _("Locker keeper"),
    Role.ADMIN: _("Administrator"),
}

SEASON_NAMES = {
    "summer": _("Summer"),
    "winter": _("Winter"),
    "all": _("All year"),
}

SELF_CHECK_QUESTIONS = {
    "passion": _("What are you passionate about?"),
    "best_category": _("Which category of what we sell do you know best, and how come?"),
    "great_service": _("What was the last great service that you received, and that you gave?"),
    "tested_patience": _("Tell of a customer who tested your patience. How did you turn it round?"),
    "last_trip": _("Your last trip: what should I know if I went there?"),
    "favourite_gear": _(
        "Your favourite piece of gear: what does it do for you, what is special about it, "
        "and when would you use it?"
    ),
    "too_expensive": _("How have you answered “too expensive”?"),
}

REFUSALS = {
    "too_many_tries": _("Too many tries. Wait a quarter of an hour, then try again."),
    "link_dead": _("This link does not work any more."),
    "person_inactive": _("This account is closed, so it cannot be invited."),
    "already_in": _("This person has signed in already and needs no invitation."),
    "password_wrong": _("This is not your present password."),
    "password_same": _("This is the password that you have now. Choose another."),
    "changed_meanwhile": _("Your password was changed elsewhere meanwhile. Sign in again."),
    "categories_same": _("Choose two different categories."),
    "no_picture": _("Choose a picture first."),
}
