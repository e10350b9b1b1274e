"""What comes along with a mail: names, bytes, and what is taken away."""

import time

import pytest

from groupware.mail.rtf import LARGEST, text_of
from tests.mail.read import mail


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("file_name_in_numbered_pieces", "Grüße.pdf"),
        ("file_name_without_quotes", "The big report.pdf"),
        ("file_name_in_raw_utf8", "Größe.pdf"),
        ("file_name_in_raw_latin1", "Größe.pdf"),
        ("file_name_in_encoded_words", "Größe.pdf"),
        ("file_name_with_a_path", "report.pdf"),
        ("file_name_that_turns_around", "photogpj.exe"),
    ],
)
def test_a_name_is_read_as_it_was_meant(name: str, called: str) -> None:
    (file,) = mail(name).files

    assert (file.name, file.content, file.content_type) == (called, b"%PDF", "application/pdf")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("file_base64_with_padding_amid", b"Hello world!"),
        ("file_uuencoded", b"Hello world"),
        ("file_uuencoded_in_the_text", b"Hello world"),
        ("file_of_a_type_that_is_none", b"%PDF"),
        ("file_text_shown_inline", b"one line of a log"),
    ],
)
def test_the_bytes_are_what_was_sent(name: str, content: bytes) -> None:
    assert [each.content for each in mail(name).files] == [content]


def test_a_picture_that_the_html_asks_for_is_inline() -> None:
    (picture,) = mail("body_related_picture").files

    assert picture.inline
    assert picture.content_id == "pic@x"


def test_a_mail_within_a_mail_is_a_file_named_by_its_subject() -> None:
    (inner,) = mail("mail_within_a_mail_in_base64").files

    assert inner.name == "Inside: a - story.eml"
    assert inner.content.startswith(b"From: bob@example.org\n")


def test_what_outlook_packed_is_unpacked() -> None:
    message = mail("file_in_a_winmail_dat")

    assert [(each.name, each.content) for each in message.files] == [("Größe.pdf", b"%PDF-1.4 x")]
    assert message.text == "It hums, says Outlook.\n"


def test_html_that_outlook_wrapped_in_rich_text_is_unwrapped() -> None:
    wrapped = (
        rb"{\rtf1\ansi\fromhtml1 {\*\htmltag <p>}It {\*\htmltag <b>}\htmlrtf {\b\htmlrtf0 hums}."
    )

    assert text_of(wrapped) == ("<p>It <b>hums.", True)


@pytest.mark.parametrize("piece", [b"{", b"{\\*\\x ", b"\\", b"\\u65?", b"\\'41", b"\\par"])
def test_crafted_rich_text_costs_what_its_length_costs(piece: bytes) -> None:
    start = time.process_time()
    text_of(piece * (LARGEST // len(piece)))
    assert time.process_time() - start < 2


def test_what_outlook_packed_badly_stays_packed_and_is_said_so() -> None:
    message = mail("file_in_a_broken_winmail_dat")

    assert [each.name for each in message.files] == ["winmail.dat"]
    assert message.problems == ("A winmail.dat could not be read: it ends too early.",)


def test_a_signature_is_no_file_and_is_marked() -> None:
    message = mail("signed_by_smime")

    assert message.files == ()
    assert message.signed
    assert message.text.strip() == "It hums."


def test_an_encrypted_mail_keeps_its_secret_as_a_file_and_is_marked() -> None:
    message = mail("encrypted_by_pgp")

    assert [each.name for each in message.files] == ["encrypted.asc"]
    assert message.encrypted


def test_an_invitation_is_a_file_and_nothing_else() -> None:
    (file,) = mail("invitation_to_a_meeting").files

    assert (file.name, file.content_type) == ("attachment-1.ics", "text/calendar")
