"""Passwords: Argon2id, at most two at once, and the same work whether the person exists or not."""

from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# Each hash takes 19 MiB and some 30 ms: the least that OWASP names, with two at once per process.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_at_once = BoundedSemaphore(2)

SHORTEST, LONGEST = 12, 1024


def hashed(password: str) -> str:
    """The hash to keep."""
    with _at_once:
        return _hasher.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """True where this is the password; without a kept hash the work is the same, and it is not."""
    if len(password) > LONGEST:
        return False
    with _at_once:
        try:
            return _hasher.verify(kept or _nobodys(), password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody has this password")
