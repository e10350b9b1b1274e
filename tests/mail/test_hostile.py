"""Mails made to break their reader: each is read within two seconds and 512 MB, and says what was left."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from groupware.mail.message import Message
from groupware.mail.reader import read
from groupware.mail.wire import packed, unpacked

MEGABYTE = 1024 * 1024
HEAD = b"From: ann@example.org\nSubject: x\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b0\n\n"
NESTED = b"".join(
    b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (n, n + 1) for n in range(2000)
)
HTML = HEAD + b"Content-Type: text/html\n\n"
DAEMON = b"From: mailer-daemon@x.example\nReturn-Path: <>\nSubject: failure notice\n\n"

HOSTILE = {
    "ten thousand recipients": HEAD
    + b"To: "
    + b",\n ".join(b"u%d@example.org" % n for n in range(10_000))
    + b"\n\nx",
    "a hundred thousand parts": MIXED + b"--b0\n\nx\n" * 100_000,
    "two thousand nested multiparts": MIXED + NESTED,
    "nested multiparts around much text": MIXED + NESTED[:3000] + b"\n--x" * (2 * MEGABYTE),
    "a hundred thousand headers": b"X-A: y\n" * 100_000 + HEAD + b"\nx",
    "twenty thousand parameters": HEAD
    + b"Content-Type: text/plain"
    + b"".join(b"; p%d=v" % n for n in range(20_000))
    + b"\n\nx",
    "a parameter of semicolons": HEAD + b"Content-Type: a/b" + b";" * 200_000 + b"\n\nx",
    "parentheses": b"From: " + b"(" * 200_000 + b"\n\nx",
    "encoded words without end": b"Subject: " + b"=?utf-8?q?a" * 20_000 + b"\n\nx",
    "folded emptiness": b"Subject: " + b"\n " * 120_000 + b"\n\nx",
    "base64 of paddings": HEAD
    + b"Content-Type: a/b\nContent-Transfer-Encoding: base64\n\n"
    + b"QQ==" * (2 * MEGABYTE),
    "thirty megabytes of dashes": MIXED + b"\n--b" * (7 * MEGABYTE),
    "thirty megabytes of quotes": HEAD + b"\n" + b"> a\n" * (7 * MEGABYTE),
    "thirty megabytes of empty lines": HEAD + b"\n" * (30 * MEGABYTE),
    "divs without end": HTML + b"<div>" * 400_000,
    "quotes in html without end": HTML + b"<blockquote type=cite>x" * 80_000,
    "tags without end": HTML + b'<a "' * 500_000,
    "comments without end": HTML + b"<!--" * 500_000,
    "styles without end": HTML + b"<style>" * 300_000,
    "numbers beyond letters": HTML + b"&#99999999999999999999;" * 70_000,
    "a domain of a hundred kilobytes": b"From: a@" + "ä.".encode() * 30_000 + b"de\n\nx",
    "a report without end": DAEMON + b"<a@b.example>: failed 550 \n" * 50_000,
    "a report of one word": DAEMON + b"not delivered " + b"a@a." * 16_000,
    "a winmail.dat of nothing": HEAD
    + b"Content-Type: application/ms-tnef\n\n"
    + bytes.fromhex("789f3e220100")
    + b"\x02\x02\x90\x06" + b"\0" * 7 * 300_000,
    "zeros": b"\0" * (2 * MEGABYTE),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_read_in_time(name: str) -> None:
    start = time.process_time()
    message = read(HOSTILE[name])
    assert isinstance(message.reply_text, str)
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("a hundred thousand parts", "There are too many parts: only the first 1000 were read."),
        (
            "two thousand nested multiparts",
            "Parts are nested too deeply: the innermost are left unread.",
        ),
        ("a hundred thousand headers", "The header is too long: only its first part was read."),
        ("thirty megabytes of quotes", "The text is too long: only its first 2 MB were read."),
        (
            "thirty megabytes of empty lines",
            "The mail is too large: only its first 30 MB were read.",
        ),
        ("divs without end", "The HTML is nested too deeply to be shown: its text is."),
        ("comments without end", "The HTML is too large to be shown: its text is."),
    ],
)
def test_what_was_left_is_said(name: str, problem: str) -> None:
    assert problem in read(HOSTILE[name]).problems


def test_a_header_that_was_cut_identifies_nobody_since_another_from_may_follow() -> None:
    raw = HEAD + b"X-A: y\n" * 2000 + b"From: bob@evil.example\n\nx"

    assert not read(raw).identified


PIECES = some.sampled_from(
    [
        b"From: ", b"a@b.example", b"<", b">", b'"', b"(", b"\n", b"\r\n", b" ", b";", b"=", b"*0*=", b":",
        b"Content-Type: ", b"multipart/mixed", b"message/rfc822", b"text/html", b"text/plain", b"boundary=b",
        b"--b\n", b"--b--", b"\n\n", b"charset=", b"utf-7", b"iso-2022-jp", b"=?utf-8?B?", b"?=", b"=FF",
        b"Content-Transfer-Encoding: ", b"base64\n", b"x-uuencode\n", b"begin 644 x\n", b"name", b"filename",
        b"Content-Disposition: attachment", b"message/delivery-status", b"Final-Recipient: rfc822;", b"\xff",
        b"\x00", b"Status: 5.1.1", b"application/ms-tnef", b"\x78\x9f\x3e\x22\x01\x00", b"format=flowed",
        b"<blockquote>", b"> ", b"Date: 31 Feb 0000", b"&#x110000;", b"multipart/report",
    ]
)  # fmt: skip


@settings(max_examples=300)
@given(some.one_of(some.binary(max_size=2000), some.lists(PIECES, max_size=80).map(b"".join)))
def test_any_bytes_are_a_message(raw: bytes) -> None:
    began = time.process_time()
    message = read(raw)
    assert time.process_time() - began < 2

    assert isinstance(message, Message)
    assert "".join(each.text for each in message.passages) == message.text
    assert unpacked(packed(message)) == message
