"""Signing in with a token instead of a password, as Microsoft 365 and Google demand.

What is kept is a refresh token; it is exchanged for an access token when one is needed.
"""

import base64
import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from ipaddress import ip_address
from typing import Any

TIMEOUT = 10
LONGEST_ANSWER = 64 * 1024
EARLY = 60
"""Seconds before its end at which an access token is no longer used."""


COMMON = "/common/"
"""In Microsoft's addresses: whatever organisation somebody belongs to."""


@dataclass(frozen=True)
class Provider:
    """Where consent is asked for, and where tokens come from."""

    name: str
    authorise_url: str
    token_url: str
    scope: str
    imap: str
    smtp: str

    def of(self, tenant: str) -> "Provider":
        """The same for an application that one organisation alone may use, at Microsoft."""
        if not tenant:
            return self
        own = f"/{tenant}/"
        return replace(
            self,
            authorise_url=self.authorise_url.replace(COMMON, own),
            token_url=self.token_url.replace(COMMON, own),
        )


PRESETS = {
    "microsoft": Provider(
        "Microsoft 365",
        "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
        "https://login.microsoftonline.com/common/oauth2/v2.0/token",
        "https://outlook.office.com/IMAP.AccessAsUser.All"
        " https://outlook.office.com/POP.AccessAsUser.All"
        " https://outlook.office.com/SMTP.Send offline_access",
        "outlook.office365.com",
        "smtp.office365.com",
    ),
    "google": Provider(
        "Google",
        "https://accounts.google.com/o/oauth2/v2/auth",
        "https://oauth2.googleapis.com/token",
        "https://mail.google.com/",
        "imap.gmail.com",
        "smtp.gmail.com",
    ),
}


NOT_CONNECTED = "The mailbox has not been connected with its provider yet."


class NoToken(OSError):
    """The provider gives no access token; the text is its own."""


@dataclass(frozen=True)
class Grant:
    """What a mailbox's sealed secret holds where it signs in with tokens."""

    client_id: str
    token_url: str
    client_secret: str = field(default="", repr=False)
    refresh_token: str = field(default="", repr=False)
    scope: str = ""

    def sealed(self) -> str:
        """As text, to be sealed."""
        return json.dumps(asdict(self))

    @classmethod
    def of(cls, text: str) -> "Grant":
        """Read again; raises NoToken where nothing was granted yet."""
        try:
            values = json.loads(text)
            return cls(**{name: str(values.get(name, "")) for name in cls.__dataclass_fields__})
        except (ValueError, AttributeError) as error:
            raise NoToken(NOT_CONNECTED) from error


Renewed = Callable[[Grant, Grant], object]
"""Keeps the second grant in place of the first, whose refresh token the provider has replaced."""

_lock = threading.Lock()
_fresh: dict[str, tuple[str, float]] = {}


def access_token(grant: Grant, renewed: Renewed | None = None) -> str:
    """A token that is good now, from memory or from the provider."""
    if not grant.refresh_token:
        raise NoToken(NOT_CONNECTED)
    with _lock:
        token, until = _fresh.get(grant.sealed(), ("", 0.0))
        if token and time.monotonic() < until:
            return token
    answer = asked(
        grant.token_url,
        grant_type="refresh_token",
        refresh_token=grant.refresh_token,
        client_id=grant.client_id,
        client_secret=grant.client_secret,
        scope=grant.scope,
    )
    token, until = str(answer["access_token"]), time.monotonic() + _seconds(answer) - EARLY
    now = replace(grant, refresh_token=str(answer.get("refresh_token") or grant.refresh_token))
    with _lock:
        _fresh[grant.sealed()] = _fresh[now.sealed()] = (token, until)
    if renewed is not None and now != grant:
        renewed(grant, now)
    return token


def forget(token: str) -> None:
    """Ask the provider next time: the server refused this one."""
    with _lock:
        for key in [key for key, (kept, _) in _fresh.items() if kept == token]:
            del _fresh[key]


def exchanged(grant: Grant, code: str, redirect_uri: str) -> Grant:
    """The grant with its refresh token, for the code that consent has brought."""
    answer = asked(
        grant.token_url,
        grant_type="authorization_code",
        code=code,
        redirect_uri=redirect_uri,
        client_id=grant.client_id,
        client_secret=grant.client_secret,
    )
    if not answer.get("refresh_token"):
        raise NoToken("The provider gave no refresh token.")
    values = {**asdict(grant), "refresh_token": str(answer["refresh_token"])}
    return Grant(**values)


def asked(url: str, **form: str) -> dict[str, Any]:
    """What the token endpoint answers; raises NoToken with its words."""
    if not may_be_asked(url):
        raise NoToken("This token address is not allowed: it has to be https.")
    body = urllib.parse.urlencode({name: value for name, value in form.items() if value}).encode()
    request = urllib.request.Request(url, body, {"Accept": "application/json"})  # noqa: S310  # checked above
    try:
        with _opener.open(request, timeout=TIMEOUT) as answer:
            found = json.loads(answer.read(LONGEST_ANSWER))
    except urllib.error.HTTPError as error:
        raise NoToken(_words(error.read(LONGEST_ANSWER), error.code)) from error
    except (OSError, ValueError) as error:
        raise NoToken(f"The token address cannot be reached: {error}") from error
    if not isinstance(found, dict) or not found.get("access_token"):
        raise NoToken("The provider's answer holds no access token.")
    return found


def may_be_asked(url: str) -> bool:
    """https, or this very machine."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "https":
        return bool(parts.hostname)
    try:
        return parts.scheme == "http" and ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


def response(user: str, token: str) -> str:
    """What SASL's XOAUTH2 sends, in base 64."""
    return base64.b64encode(f"user={user}\1auth=Bearer {token}\1\1".encode()).decode("ascii")


def _seconds(answer: dict[str, Any]) -> float:
    try:
        return float(answer.get("expires_in", 300))
    except (TypeError, ValueError):
        return 300.0


def _words(body: bytes, status: int) -> str:
    try:
        said = json.loads(body)
        return f"{status} {said.get('error', '')}: {said.get('error_description', '')}"[:500]
    except (ValueError, AttributeError):
        return f"The token address answers {status}."


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any, **_named: Any) -> None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)
