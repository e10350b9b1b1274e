"""Passwords: Argon2id, at most two at once, and the same work whether the person exists or not."""

import re
from collections.abc import Iterable
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# Each hash takes 19 MiB and some 30 ms: the least that OWASP names, with two at once per process.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_at_once = BoundedSemaphore(2)

SHORTEST, LONGEST = 12, 1024

TOO_SHORT = f"Please use {SHORTEST} characters or more; several words are easy to remember."
TOO_LONG = f"This is longer than {LONGEST} characters."
COMMON = "This is one of the first that somebody would guess. Please choose another."
OWN = "This is mostly your own name or address. Please choose another."


def hashed(password: str) -> str:
    """The hash to keep."""
    with _at_once:
        return _hasher.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """True where this is the password; without a kept hash the work is the same, and it is not."""
    if len(password) > LONGEST:
        return False
    nobodys = _nobodys()
    with _at_once:
        try:
            return _hasher.verify(kept or nobodys, password) and kept is not None
        except (VerificationError, InvalidHashError):
            return False


def problem(password: str, own_words: Iterable[str] = ()) -> str | None:
    """Why this may not become a password, or None: its length, what many use, one's own name."""
    if len(password) < SHORTEST:
        return TOO_SHORT
    if len(password) > LONGEST:
        return TOO_LONG
    plain = password.casefold()
    if _is_common(plain):
        return COMMON
    rest = plain
    for word in sorted(
        {part for text in own_words for part in _words(text)}, key=len, reverse=True
    ):
        rest = rest.replace(word, "")
    # What is left must be worth something by itself.
    return OWN if rest != plain and len(re.sub(r"[\W\d_]", "", rest)) < 6 else None


_LOOKALIKES = {"a": "[a4@]", "e": "[e3]", "i": "[i1!]", "l": "[l1]", "o": "[o0]", "s": "[s5$]"}

# One of these with some digits and signs, or twice the same: the lists of stolen passwords are full
# of them.
_WORDS = """
    password passwort passwd pass parola contrasena motdepasse wachtwoord haslo senha qwerty qwertz
    qwertyuiop qwertzuiop azerty asdf asdfgh asdfghjkl zxcv zxcvbnm qazwsx qazwsxedc welcome
    welcomeback willkommen welkom letmein letmeinplease hello helloworld hallo login admin
    administrator root user guest test testing demo temp default changeme changemenow secret
    topsecret geheim access master mastermind system server support helpdesk desk office company
    computer internet windows microsoft google apple samsung facebook android iphone spring summer
    autumn fall winter january february march april may june july august september october november
    december monday tuesday wednesday thursday friday saturday sunday london paris berlin football
    baseball basketball soccer hockey liverpool manchester arsenal chelsea barcelona juventus batman
    superman spiderman pokemon starwars matrix dragon monkey tiger lion shadow sunshine princess
    angel baby babygirl love lover iloveyou ilovemyself ilovejesus loveyou abc xyz trustnoone
    trustno whatever nothing michael jennifer jordan charlie daniel thomas andrew jessica ashley
    nicole hunter ranger killer freedom money mustang harley corvette ferrari mercedes porsche
    cookie cheese pepper ginger flower purple orange silver golden diamond forever blessed jesus
    christ mypassword thepassword passwordpassword newpassword yourpassword nopassword
"""
_DISGUISED = (
    "".join(_LOOKALIKES.get(letter, letter) for letter in word)
    for word in sorted(_WORDS.split(), key=len, reverse=True)
)
_WORD_OR_SIGN = re.compile(rf"({'|'.join(_DISGUISED)})|[!-@\[-`{{-~]")
_ROWS = (
    "abcdefghijklmnopqrstuvwxyz" * 2,
    "1234567890" * 10,
    "0123456789" * 10,
    "qwertyuiopasdfghjklzxcvbnm" * 2,
    "qwertzuiopasdfghjklyxcvbnm" * 2,
    "azertyuiopqsdfghjklmwxcvbn" * 2,
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p" * 2,
    "1q2w3e4r5t6y7u8i9o0p" * 2,
    "q1w2e3r4t5y6u7i8o9p0" * 2,
)


def _is_common(plain: str) -> bool:
    if len(set(plain)) < 5:
        return True
    if re.fullmatch(r"(.{1,8}?)\1+.{0,4}", plain, re.DOTALL):
        return True
    if any(plain in row or plain[::-1] in row for row in _ROWS):
        return True
    found = {match[1] for match in _WORD_OR_SIGN.finditer(plain) if match[1]}
    return len(found) <= 1 and not _WORD_OR_SIGN.sub("", plain)


def _words(text: str) -> set[str]:
    return {part for part in re.split(r"[\W\d_]+", text.casefold()) if len(part) >= 3}


@cache
def _nobodys() -> str:
    with _at_once:
        return _hasher.hash("nobody has this password")
