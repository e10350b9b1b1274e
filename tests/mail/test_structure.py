"""Headers, boundaries and parts as mailers write them, and not the RFCs."""

from datetime import UTC, datetime

import pytest

from groupware.mail.headers import when
from tests.mail.read import mail


@pytest.mark.parametrize(
    "name",
    [
        "boundary_folded_inside_its_quotes",
        "boundary_not_told",
        "boundary_followed_by_words",
        "multipart_never_closed",
        "multipart_inside_closed_by_its_parent",
        "multipart_whole_in_base64",
        "begins_with_empty_lines",
        "begins_with_an_mbox_line",
        "lines_end_with_carriage_returns_only",
        "header_with_a_line_that_is_none",
    ],
)
def test_the_text_is_found_in_spite_of(name: str) -> None:
    message = mail(name)

    assert message.text.strip() == "It hums."
    assert message.subject == "The printer"
    assert message.sender is not None
    assert message.sender.email == "ann@example.org"


@pytest.mark.parametrize(
    "name",
    [
        "boundary_folded_inside_its_quotes",
        "boundary_not_told",
        "multipart_never_closed",
        "multipart_inside_closed_by_its_parent",
    ],
)
def test_the_file_is_found_in_spite_of(name: str) -> None:
    assert [(each.name, each.content) for each in mail(name).files] == [("a.pdf", b"%PDF")]


def test_a_multipart_without_parts_is_shown_as_the_text_that_it_is() -> None:
    assert mail("multipart_without_parts").text.strip() == "It hums, and there is no part."


def test_a_text_without_any_header_is_a_text() -> None:
    message = mail("no_header_at_all")

    assert message.text.startswith("Just a line: no, not really.\nAnd one more")
    assert message.sender is None
    assert not message.identified


def test_a_header_that_runs_into_the_text_loses_none_of_it() -> None:
    assert mail("no_empty_line_before_the_body").text.strip() == "It hums, it said.\n\nAnd more."


def test_the_ids_of_a_thread_are_found_among_other_words() -> None:
    message = mail("ids_of_a_thread")

    assert message.message_id == "no-brackets@example.org"
    assert message.in_reply_to == ("a@x",)
    assert message.references == ("1@x", "2@x", "3@x")
    assert message.date == datetime(2026, 3, 3, 9, 15, tzinfo=UTC).replace(hour=9)


def test_a_date_beyond_reason_is_no_date() -> None:
    assert mail("date_beyond_reason").date is None


@pytest.mark.parametrize(
    "told",
    [
        "Tue, 3 Mar 2026 09:15:00 +0100",
        "Tue, 03 Mar 26 08:15 GMT",
        "3 Mar 2026 03:15:00 EST (in the office)",
        "2026-03-03T08:15:00Z",
        "2026-03-03 09:15:00 +0100",
        "Tue, 3 3 2026 09:15:00 +0100",
        "Tue 03 Mar 2026 08:15:00 AM GMT",
        "Tue 03 Mar 2026 09:15:00 p.m. +1300",
    ],
)
def test_a_date_is_told_in_utc(told: str) -> None:
    assert when(told) == datetime(2026, 3, 3, 8, 15, tzinfo=UTC)
