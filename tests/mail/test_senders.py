"""Who sent a mail, and whether that is beyond doubt."""

import time

import pytest

from groupware.mail.addresses import Address, addresses
from groupware.mail.reader import read
from tests.mail.read import mail


@pytest.mark.parametrize(
    ("name", "email", "shown"),
    [
        ("from_shows_an_address_in_quotes", "alice@example.org", "alice@example.org"),
        ("from_with_a_comma_in_an_encoded_name", "ann@example.org", "Berg, Ann"),
        ("from_with_name_in_a_comment", "ann@example.org", "Ann (the ) one) Berg"),
        ("from_with_an_umlaut_domain", "ANN@bücher.example", "Ann"),
    ],
)
def test_one_address_in_one_from_identifies(name: str, email: str, shown: str) -> None:
    message = mail(name)

    assert message.identified
    assert message.sender == Address(email, shown)


@pytest.mark.parametrize(
    ("name", "email"),
    [
        # CVE-2023-27043: the address in angle brackets counts, and the other one makes doubt.
        ("from_shows_one_address_and_is_another", "bob@evil.example"),
        ("from_with_two_people", "ann@example.org"),
        ("from_twice", "ann@example.org"),
        ("from_with_two_angles", "bob@evil.example"),
        ("from_with_a_line_end_before_its_colon", "bob@evil.example"),
        ("from_encoded_as_a_whole", "ann@example.org"),
        ("from_missing_but_sender_there", "robot@example.org"),
        ("from_missing_but_return_path_there", "ann@example.org"),
        ("from_without_a_domain", "root"),
    ],
)
def test_anything_else_names_somebody_and_identifies_nobody(name: str, email: str) -> None:
    message = mail(name)

    assert message.sender is not None
    assert message.sender.email == email
    assert not message.identified
    assert "Its sender is not one unambiguous address in From." in message.problems


@pytest.mark.parametrize(
    "text",
    [
        "alice@example.org <bob@evil.example>",
        "<ann@exam ple.org>",
        "<ann@example.org",
        "ann@example(comment).org",
        "Staff: ann@example.org;",
        '"ann@evil.example"@example.org',
        '<"a b"@example.org>',
        "<@relay.example:ann@example.org>",
        "ann@example.org bob@evil.example",
        "ann@example.org\x00.evil.example",
        "<ann@evil.example@example.org>",
    ],
)
def test_an_address_that_others_may_read_otherwise_is_marked(text: str) -> None:
    assert all(each.ambiguous for each in addresses(text))


@pytest.mark.parametrize(
    "text",
    [
        "ann@example.org",
        "<ann@example.org>",
        "Ann Berg <ann@example.org>",
        '"Berg, Ann" < ann@example.org >',
        "ANN@example.org (Ann)",
        '"x@y.example" <ann+tag@example.org>',
        "ann@example.org <Ann@Example.org>",
    ],
)
def test_an_ordinary_address_is_not_marked(text: str) -> None:
    assert [each.ambiguous for each in addresses(text)] == [False]


def test_a_second_from_makes_doubt_even_without_an_address() -> None:
    assert not read(b"From: ann@example.org\nFrom: The Boss\n\nx").identified


def test_a_group_gives_its_members_and_an_empty_one_nobody() -> None:
    message = mail("to_a_group")

    assert [each.email for each in message.to] == [
        "bob@example.org",
        "cy@example.org",
        "dee@example.org",
    ]
    assert message.to[1].name == "Cy, Dr."
    assert message.cc == ()


def test_addresses_are_compared_without_case_and_as_dns_knows_them() -> None:
    assert Address("ANN@Bücher.example").key == "ann@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("text", "emails"),
    [
        ("ann@example.org", ["ann@example.org"]),
        ("<ann@example.org>", ["ann@example.org"]),
        ("<mailto:ann@example.org>", ["ann@example.org"]),
        ("<@relay.example,@b.example:ann@example.org>", ["ann@example.org"]),
        ('"Ann Berg"@example.org', ['"Ann Berg"@example.org']),
        ("ann@example.org; bob@example.org", ["ann@example.org", "bob@example.org"]),
        ("Ann <ann@example.org", ["ann@example.org"]),
        ("", []),
        ("@", []),
        ("nobody", []),
        ("<>", []),
    ],
)
def test_addresses_are_found_in(text: str, emails: list[str]) -> None:
    assert [each.email for each in addresses(text)] == emails


@pytest.mark.parametrize(
    "piece", ["(", "<", '"', "\\", ",", ":", "a@", "<a@b>,", '"\\', "(\\", "=?"]
)
def test_a_crafted_header_costs_what_its_length_costs(piece: str) -> None:
    start = time.process_time()
    addresses(piece * (256 * 1024 // len(piece)))
    assert time.process_time() - start < 2
