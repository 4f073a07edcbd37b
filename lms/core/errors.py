"""The three ways an operation says no. Pages, commands and jobs translate them at the edge."""


class BelayError(Exception):
    """Base of the errors that are answers, not accidents."""


class NotFound(BelayError):
    """The thing does not exist, or this person may not know that it does (404)."""


class NotAllowed(BelayError):
    """The person is known and the act is not theirs to do (403)."""


class Refused(BelayError):
    """A rule says no (409, or a message on the form).

    `code` names the rule in snake_case and is translated at the edge by `core.refusals`;
    `values` are the numbers and names that the sentence needs. `field` names the form field
    that the message belongs to, if one does.
    """

    def __init__(self, code: str, *, field: str | None = None, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.field = field
        self.values = values


class Unavailable(BelayError):
    """The database or its schema is not ready (503); `remedy` names the command that helps."""

    def __init__(self, reason: str, remedy: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy
