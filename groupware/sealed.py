"""Secrets that must be known again, such as a mailbox's password: sealed with a key of the
installation's secret, which lies outside of the database."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken


class Unreadable(Exception):
    """The secret was sealed with another key: it has to be entered anew."""


class Seal:
    """Seals and opens; `secret_key` is the installation's."""

    def __init__(self, secret_key: str) -> None:
        key = hashlib.sha256(b"groupware sealed secrets\0" + secret_key.encode()).digest()
        self._fernet = Fernet(base64.urlsafe_b64encode(key))

    def close(self, secret: str) -> str:
        """The secret as the database may keep it; nothing stays nothing."""
        return self._fernet.encrypt(secret.encode()).decode("ascii") if secret else ""

    def open(self, sealed: str) -> str:
        """The secret again; raises Unreadable where the installation's key is another one now."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode() if sealed else ""
        except InvalidToken as error:
            raise Unreadable("The stored secret cannot be opened: please enter it anew.") from error
