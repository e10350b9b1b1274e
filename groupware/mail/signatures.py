"""Whether a signed mail was signed by its sender, as far as keys are here: S/MIME, OpenPGP.

The administrator's folder of keys holds

- `authorities.crt`: whose S/MIME certificates are believed (RFC 8551);
- `alice@maple.example.asc`: that person's OpenPGP keys (RFC 3156), armored or not.

OpenSSL and gpgv look at what others wrote, each in a process of its own and within a time.
"""

import binascii
import re
import shutil
import subprocess
import tempfile
from base64 import b64decode
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID

from groupware.mail import mime

AUTHORITIES = "authorities.crt"
SECONDS = 10
_ARMOR = re.compile(
    rb"-----BEGIN PGP PUBLIC KEY BLOCK-----[ \t]*\r?\n(?:[^\r\n]+\r?\n)*?[ \t]*\r?\n"
    rb"([A-Za-z0-9+/=\s]+?)(?:\r?\n=[A-Za-z0-9+/]{4})?\s*-----END PGP PUBLIC KEY BLOCK-----"
)
_LINE = re.compile(rb"\r\n|\r|\n")
_NOT_BELIEVED = (b"unable to get", b"self-signed", b"has expired", b"not yet valid")
_WHOLE = ("application/pkcs7-mime", "application/x-pkcs7-mime")


class Verdict(StrEnum):
    """What is known of a signature."""

    RIGHT = "right"
    WRONG = "wrong"
    ANOTHERS = "another's"
    NO_KEY = "no key"


def verdict(raw: bytes, sender: str, keys: Path) -> Verdict:
    """What a signed mail's signature says of this sender; NO_KEY where it cannot be checked."""
    found = _taken_apart(raw)
    if found is None:
        return Verdict.NO_KEY
    content, signature, kind = found
    with tempfile.TemporaryDirectory(prefix="groupware-") as name:
        folder = Path(name)
        (folder / "signature").write_bytes(signature)
        if content is not None:
            (folder / "content").write_bytes(content)
        try:
            if "pgp" in kind:
                return _by_openpgp(folder, sender, keys)
            return _by_smime(folder, sender, keys, apart=content is not None)
        except (subprocess.TimeoutExpired, OSError, ValueError):
            return Verdict.NO_KEY


def _taken_apart(raw: bytes) -> tuple[bytes | None, bytes, str] | None:
    """The bytes that were signed, the signature, and its kind; None where it is inside of others.

    Read as what is shown is read, so that nothing is shown as signed which was not.
    """
    mail = mime.read(raw)
    if mail.kind in _WHOLE:
        return None, mail.content, mail.kind
    if mail.kind != "multipart/signed" or len(mail.children) != 2:  # RFC 1847, 2.1
        return None
    signed, signature = mail.children
    return _LINE.sub(b"\r\n", signed.whole), signature.content, signature.kind


def _by_smime(folder: Path, sender: str, keys: Path, *, apart: bool) -> Verdict:
    authorities = keys / AUTHORITIES
    program = shutil.which("openssl")
    if program is None or not authorities.is_file():
        return Verdict.NO_KEY
    ask = [program, "cms", "-verify", "-binary", "-inform", "DER", "-in", "signature"]
    if apart:
        ask += ["-content", "content"]
    ask += ["-CAfile", str(authorities.absolute()), "-no-CApath", "-no-CAstore"]
    ask += ["-purpose", "smimesign", "-signer", "signer.pem", "-out", "verified"]
    done = _run(ask, folder)
    if done.returncode:
        unknown = any(why in done.stderr for why in _NOT_BELIEVED)
        return Verdict.NO_KEY if unknown else Verdict.WRONG
    signers = x509.load_pem_x509_certificates((folder / "signer.pem").read_bytes())
    return _of_sender(sender, {name for each in signers for name in _addresses(each)})


def _addresses(certificate: x509.Certificate) -> set[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found = set(names.get_values_for_type(x509.RFC822Name))
    except x509.ExtensionNotFound:
        found = set()
    subject = certificate.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)
    return found | {str(each.value) for each in subject}


def _of_sender(sender: str, addresses: set[str]) -> Verdict:
    known = {each.casefold() for each in addresses}
    return Verdict.RIGHT if sender.casefold() in known else Verdict.ANOTHERS


def _by_openpgp(folder: Path, sender: str, keys: Path) -> Verdict:
    program = shutil.which("gpgv")
    wanted = f"{sender}.asc".casefold()
    # Looked up among the names that are there: what a mail says is never made a path.
    own = next((each for each in keys.iterdir() if each.name.casefold() == wanted), None)
    if program is None or own is None:
        return Verdict.NO_KEY
    (folder / "keys.gpg").write_bytes(_unarmored(own.read_bytes()))
    ask = [program, "--homedir", str(folder), "--keyring", str(folder / "keys.gpg")]
    done = _run([*ask, "--status-fd", "1", "signature", "content"], folder)
    said = {line.split()[1] for line in done.stdout.splitlines() if len(line.split()) > 1}
    if done.returncode == 0 and b"GOODSIG" in said:
        return Verdict.RIGHT
    return Verdict.NO_KEY if b"NO_PUBKEY" in said and b"BADSIG" not in said else Verdict.WRONG


def _unarmored(key: bytes) -> bytes:
    blocks = _ARMOR.findall(key)
    try:
        return b"".join(b64decode(block) for block in blocks) if blocks else key
    except binascii.Error as error:
        raise ValueError("this is no key") from error


def _run(ask: list[str], folder: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603
        ask,
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=SECONDS,
        check=False,
    )
