"""The mails of this folder, each of one oddity."""

from pathlib import Path

from groupware.mail.message import Message
from groupware.mail.reader import read

FOLDER = Path(__file__).parent


def mail(name: str) -> Message:
    """How the mail of this name is read."""
    return read((FOLDER / f"{name}.eml").read_bytes())
