"""Signatures are checked by OpenSSL and gpgv themselves, with the keys that an administrator put there."""

import shutil
from pathlib import Path

import pytest

from groupware.mail.signatures import Verdict, verdict
from tests.mail.read import FOLDER

KEYS = FOLDER / "keys"
ANN = "ann@example.org"
MAILS = ["signed_rightly_by_openpgp", "signed_rightly_by_smime", "signed_as_a_whole_by_smime"]


def mail(name: str) -> bytes:
    return (FOLDER / f"{name}.eml").read_bytes()


@pytest.mark.parametrize("name", MAILS)
def test_a_right_signature_is_found_right_whatever_ends_its_lines(name: str) -> None:
    raw = mail(name)
    assert verdict(raw, "Ann@Example.ORG", KEYS) == Verdict.RIGHT
    assert verdict(raw.replace(b"\n", b"\r\n"), ANN, KEYS) == Verdict.RIGHT


@pytest.mark.parametrize("name", MAILS[:2])
def test_a_word_that_was_changed_makes_it_wrong(name: str) -> None:
    changed = mail(name).replace(b"It hums", b"It hurts")
    assert verdict(changed, ANN, KEYS) == Verdict.WRONG


@pytest.mark.parametrize(
    ("name", "said"), list(zip(MAILS, ["no key", "another's", "another's"], strict=True))
)
def test_a_signature_proves_nothing_of_another_sender(name: str, said: str) -> None:
    assert verdict(mail(name), "eve@example.org", KEYS) == said
    assert verdict(mail(name), "../keys/ann@example.org", KEYS) != Verdict.RIGHT


@pytest.mark.parametrize("name", MAILS)
def test_without_a_key_nothing_is_said(name: str, tmp_path: Path) -> None:
    assert verdict(mail(name), ANN, tmp_path) == Verdict.NO_KEY
    (tmp_path / "authorities.crt").write_text("nonsense", encoding="ascii")
    (tmp_path / f"{ANN}.asc").write_text("nonsense", encoding="ascii")
    assert verdict(mail(name), ANN, tmp_path) != Verdict.RIGHT


def test_another_key_of_the_same_name_is_not_enough(tmp_path: Path) -> None:
    shutil.copy(KEYS / f"{ANN}.asc", tmp_path / "eve@example.org.asc")
    assert verdict(mail(MAILS[0]), ANN, tmp_path) == Verdict.NO_KEY


@pytest.mark.parametrize("name", MAILS[:2])
def test_nothing_is_slipped_in_beside_what_was_signed(name: str) -> None:
    more = b"\n--bound\nContent-Type: text/plain\n\nPay at once.\n--bound--\n"
    assert verdict(mail(name).replace(b"\n--bound--\n", more), ANN, KEYS) == Verdict.NO_KEY


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Content-Type: multipart/signed\n\nnothing",
        b"Content-Type: multipart/signed; boundary=b\n\n--b\n\nx\n--b--\n",
        b'Content-Type: multipart/signed; boundary="\xff"\n\n--\xff\n\nx\n--\xff\n\ny\n--\xff--\n',
        b"Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: base64\n\n!!!!",
        b"Content-Type: application/pkcs7-mime; smime-type=signed-data\n\n" + b"0\x80" * 5000,
    ],
)
def test_what_is_no_signature_is_never_right(raw: bytes) -> None:
    assert verdict(raw, ANN, KEYS) != Verdict.RIGHT
