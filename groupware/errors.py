"""The four ways in which a use case says no; `groupware.web.errors` gives them status codes."""


class Refusal(Exception):
    """A use case refuses: nothing was changed, and the text may be shown to the person who asked."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or self.message)
        self.message = message or self.message

    message = "This cannot be done."


class NotFound(Refusal):
    """It does not exist, or must not be known to this person: one answer for both."""

    message = "It may be gone, or not meant for you."


class Forbidden(Refusal):
    """The person may see it, and may not do this."""

    message = "You do not have permission to do this."


class Invalid(Refusal):
    """What was sent is wrong; `errors` names the field and says what to do."""

    message = "Please check what you entered."

    def __init__(self, message: str = "", **errors: str) -> None:
        super().__init__(message or next(iter(errors.values()), ""))
        self.errors = errors


class Conflict(Refusal):
    """Somebody else changed it meanwhile."""

    message = "This was changed by somebody else meanwhile."
