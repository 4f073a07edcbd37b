"""Forms and refusals: what a rule said no to, shown where it was typed."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import Response
from flask_wtf import FlaskForm
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from lms.core import refusals
from lms.core.errors import Refused


def blame(form: FlaskForm, error: Refused) -> None:
    """Put a refusal's sentence on the field that it names, or on the form as a whole."""
    text = refusals.sentence(error)
    if error.field is not None and error.field in form:
        field = form[error.field]
        field.errors = [*field.errors, text]
    else:
        form.form_errors = [*form.form_errors, text]


def answer(
    form: FlaskForm, act: Callable[[], Response], page: Callable[[], str]
) -> Response | str | tuple[str, int]:
    """Show the page, or act when the form was sent and its shape is right.

    Wrong shape and refusals give the page again as 422, with messages and all that was typed.
    """
    if not form.is_submitted():
        return page()
    if form.validate():
        try:
            return act()
        except Refused as error:
            blame(form, error)
    return page(), 422


def choices(pairs: Iterable[tuple[Any, Any]]) -> list[Any]:
    """Return values and their labels as a select field takes them."""
    return [SelectChoice(value, label) for value, label in pairs]


def stripped(value: Any) -> Any:
    """Filter for text fields: without blanks around."""
    return value.strip() if isinstance(value, str) else value
