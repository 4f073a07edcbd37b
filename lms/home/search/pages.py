"""The pages that can be found by name, with the words that people may look for them by."""

from dataclasses import dataclass
from typing import Any

from lms.core.i18n import lazy_gettext as _
from lms.core.permissions import Permission


@dataclass(frozen=True)
class Page:
    """A page, and in its words what one does there."""

    url: str
    title: Any
    words: Any
    icon: str
    permission: Permission = Permission.MEMBER


PAGES = (
    Page("/", _("Today"), _("the next step, what is due, who is beside me"), "home"),
    Page("/track", _("My track"), _("weeks, steps, progress"), "route"),
    Page("/calendar", _("Calendar"), _("sessions and due dates"), "calendar"),
    Page(
        "/account/calendar",
        _("Calendar address"),
        _("subscribe in a phone or calendar program, revoke the address"),
        "calendar-plus",
    ),
    Page("/profile", _("Your profile"), _("photo, language, time zone, about me"), "user"),
    Page("/account/password", _("Password"), _("choose a new password"), "key"),
    Page(
        "/account/sessions",
        _("Where you are signed in"),
        _("devices, browsers, sign out everywhere"),
        "device-mobile",
    ),
    Page("/account/my-data", _("Your data"), _("everything kept about me, download"), "download"),
    Page("/profile/self-check", _("Self-check"), _("questions of the first day"), "help"),
    Page("/notifications", _("Notifications"), _("news, mail, daily digest"), "bell"),
    Page("/people", _("People"), _("colleagues, roles, coaches"), "users"),
    Page(
        "/people/new",
        _("New person"),
        _("create an account, invite somebody"),
        "user-plus",
        Permission.MANAGE_PEOPLE,
    ),
    Page(
        "/people/import",
        _("Import people"),
        _("new hires from a CSV file"),
        "upload",
        Permission.MANAGE_PEOPLE,
    ),
    Page(
        "/claims",
        _("Claims"),
        _("confirm a task, say not yet"),
        "clipboard-check",
        Permission.CONFIRM_TASKS,
    ),
    Page(
        "/board",
        _("Board"),
        _("who is behind, progress by week"),
        "layout-kanban",
        Permission.FOLLOW_TRAINEES,
    ),
    Page(
        "/courses",
        _("Courses"),
        _("tracks, versions, lessons to read"),
        "school",
        Permission.FOLLOW_TRAINEES,
    ),
    Page(
        "/feedback",
        _("Feedback"),
        _("effort scores, which lessons are hard to learn"),
        "chart-bar",
        Permission.READ_FEEDBACK,
    ),
    Page(
        "/intakes",
        _("Intakes"),
        _("new hires, invitations, sign-in slips"),
        "users-group",
        Permission.RUN_INTAKES,
    ),
    Page(
        "/settings",
        _("Settings"),
        _("company, logo, languages"),
        "settings",
        Permission.MANAGE_COMPANY,
    ),
    Page(
        "/settings/sites",
        _("Sites"),
        _("time zone, working days"),
        "building-store",
        Permission.MANAGE_COMPANY,
    ),
    Page(
        "/settings/holidays",
        _("Holidays"),
        _("days off"),
        "tent",
        Permission.MANAGE_COMPANY,
    ),
    Page(
        "/settings/categories",
        _("Gear categories"),
        _("summer and winter"),
        "tag",
        Permission.MANAGE_COMPANY,
    ),
    Page(
        "/settings/departments",
        _("Departments"),
        _("parts of the company"),
        "users-group",
        Permission.MANAGE_COMPANY,
    ),
    Page(
        "/settings/mail",
        _("Mail"),
        _("test mail, what could not be delivered"),
        "mail",
        Permission.MANAGE_COMPANY,
    ),
    Page(
        "/audit",
        _("Audit trail"),
        _("who did what, when and why"),
        "history",
        Permission.READ_AUDIT,
    ),
)
