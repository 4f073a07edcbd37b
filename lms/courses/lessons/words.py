"""Sentences of what steps and tracks refuse, and of the notices that acts on steps send."""

from flask_babel import lazy_gettext as _

REFUSALS = {
    "already_on_track": _("This person is on the track already."),
    "because_missing": _("Say what is still missing, so that the next try can be better."),
    "claim_changed": _("This claim changed since you opened it. Look at it again, then decide."),
    "claim_empty": _("Write a note or add a photo, so that there is something to look at."),
    "course_ended": _("This course has ended for this person. What was done stays."),
    "effort_not_done": _("Finish the step first, then say how easy it was to learn."),
    "effort_range": _("Choose one of the five answers."),
    "follow_up_missing": _("Choose the day to look at it again."),
    "follow_up_range": _("Choose a day from today on, at most 30 days ahead."),
    "intake_has_track": _("This intake walks a track already."),
    "note_long": _("At most %(most)s characters fit here."),
    "person_without_site": _("Give this person a site first: its working days set the dates."),
    "session_not_begun": _("Attendance can be noted once the session has begun."),
    "step_kind": _("This kind of step is finished in another way."),
    "step_locked": _("This step is not open yet. Its page says when it opens."),
    "step_state": _("This step changed meanwhile. Look at how it stands now."),
    "step_waived": _("This step was waived: nothing is asked of you."),
}

NOTICES = {
    "task_claimed": _("%(person)s says that “%(step)s” is done, and waits for your word."),
    "task_confirmed": _("“%(step)s” is confirmed."),
    "task_returned": _("“%(step)s”: not yet. Read why, and when to show it again."),
    "step_reopened": _("“%(step)s” was opened again. Read why."),
    "step_late": _("“%(step)s” was due on %(due_on)s. It stays open, and you can ask for help."),
    "trainee_stuck": _("%(person)s may be stuck: “%(step)s” was due on %(due_on)s."),
    "trainee_behind": _("%(person)s is behind: “%(step)s” was due on %(due_on)s."),
}
