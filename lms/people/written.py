"""Days and moments as pages of people write them, in the reader's language and zone."""

from datetime import date, datetime
from typing import Any

from flask_babel import format_date, format_time


def day(on: date, width: str = "medium") -> str:
    """Return a date: `short`, `medium`, `long` or `full` (with its weekday)."""
    return str(format_date(on, width, rebase=False))


def moment(at: datetime) -> str:
    """Return date and time of a moment in the reader's own zone, to the minute."""
    return f"{format_date(at, 'medium')}, {format_time(at, 'short')}"


def in_templates() -> dict[str, Any]:
    """Return these for a blueprint's templates."""
    return {"day": day, "moment": moment}
