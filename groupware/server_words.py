"""What it means that a mail server could not be used, before the words of the server or the system.

Whoever set the server up reads this; what to do about it stands first.
"""

import re
import smtplib
import socket
import ssl

LONGEST = 1_500
_UNTRUSTED = frozenset({2, 18, 19, 20, 21})  # OpenSSL's X509_V_ERR_*: no issuer that is known
_EXPIRED, _OTHER_NAME = 10, frozenset({62, 64})
_SIGN_IN = re.compile(
    r"\[AUTH|authentication ?failed|authentication unsuccessful|invalid credentials"
    r"|login (?:failed|refused|invalid|incorrect|error)|password (?:incorrect|error|not accepted)",
    re.IGNORECASE,
)
_NO_FOLDER = re.compile(r"(?:select|examine) failed", re.IGNORECASE)
_BYTES = re.compile(r"""b(['"])(.*?)\1""")
NOT_LET_IN = "The server does not accept this user with this password or token."
NO_ANSWER = (
    "There was no answer in time: look at server and port, at a firewall, and whether this port "
    "begins with TLS."
)
NO_TLS = "This port does not begin with TLS: choose STARTTLS, or the port for TLS."


_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "No server has this name."),
    (ConnectionRefusedError, "Nothing listens there: look at server and port."),
    (TimeoutError, NO_ANSWER),
    (smtplib.SMTPAuthenticationError, NOT_LET_IN),
)


def said(failure: BaseException) -> str:
    """A sentence on what is wrong where that is known, then the words as they came."""
    own = " ".join(_words(failure).split())[:LONGEST]
    if known := _meaning(failure, own):
        return f"{known} It says: {own}"
    return own if " " in own else f"{type(failure).__name__}: {own}"


def _words(failure: BaseException) -> str:
    """What it says, a server's bytes as the text that they are."""
    if isinstance(failure, smtplib.SMTPResponseException):
        words = failure.smtp_error
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        return f"{failure.smtp_code} {text}"
    return _BYTES.sub(r"\2", str(failure))


def _meaning(failure: BaseException, own: str) -> str:
    """What to look at; nothing where the words have to do."""
    if isinstance(failure, ssl.SSLCertVerificationError):
        return _of_certificate(failure)
    if isinstance(failure, ssl.SSLError):
        plain = failure.reason in ("WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "HTTP_REQUEST")
        return NO_TLS if plain else "The two sides could not agree on TLS."
    if _SIGN_IN.search(own):
        return NOT_LET_IN
    if _NO_FOLDER.match(own):
        return "The server lets us in, and does not open this folder."
    if "STARTTLS" in own.upper():
        return "The server offers no STARTTLS at this port."
    return next((words for kind, words in _KINDS if isinstance(failure, kind)), "")


def _of_certificate(failure: ssl.SSLCertVerificationError) -> str:
    if failure.verify_code in _UNTRUSTED:
        return (
            "The server's certificate comes from nobody whom this machine trusts: add its issuer "
            "to the machine's certificates, or name a file with it in SSL_CERT_FILE."
        )
    if failure.verify_code == _EXPIRED:
        return "The server's certificate has expired."
    if failure.verify_code in _OTHER_NAME:
        return "The server's certificate is for another name: enter the name that stands in it."
    return "The server's certificate cannot be trusted."
