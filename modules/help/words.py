"""Small words of end users' pages."""


def answer_time(hours: int) -> str:
    """`within 4 hours`, `within 3 days`; nothing for 0."""
    if hours <= 0:
        return ""
    if hours == 1:
        return "within an hour"
    return f"within {hours} hours" if hours < 48 else f"within {round(hours / 24)} days"


def first_name(name: str | None) -> str:
    """How somebody is called; "" for nobody."""
    return next(iter((name or "").split()), "")
