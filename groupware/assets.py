"""Addresses of built assets."""


def asset(name: str) -> str:
    """Where a built asset lies."""
    return f"/static/dist/{name}"
