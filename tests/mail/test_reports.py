"""Mails that no person wrote: reports about our mails, and automatic ones."""

import pytest

from groupware.mail.message import BounceRecipient
from tests.mail.read import mail


def test_a_report_for_programs_tells_of_each_recipient() -> None:
    bounce = mail("bounce_rfc3464").bounce

    assert bounce is not None
    assert bounce.recipients == (
        BounceRecipient("ann.berg@example.org", "5.1.1", "failed"),
        BounceRecipient("bob@example.org", "4.4.1", "delayed"),
    )
    assert bounce.message_id == "gw.12.sig@desk.example"
    assert bounce.envelope_id == "gw-delivery-7"


@pytest.mark.parametrize(
    ("name", "recipients", "about"),
    [
        (
            "bounce_exim",
            [("ann@example.org", "5.2.1", "failed"), ("bob@example.org", "5.4.1", "failed")],
            "gw.13.sig@desk.example",
        ),
        ("bounce_qmail", [("ann@example.org", "5.1.1", "failed")], "gw.14.sig@desk.example"),
        ("bounce_exchange", [("ann@example.org", "5.2.2", "failed")], ""),
        ("bounce_exchange_with_an_x400_address", [("ann@example.org", "5.1.1", "failed")], ""),
        ("bounce_mdaemon", [("ann@example.org", "5.1.1", "failed")], ""),
        ("bounce_aol", [("annberg@example.org", "", "failed")], ""),
        ("bounce_for_an_alias", [("ann@example.org", "5.1.1", "failed")], ""),
        ("bounce_delayed_for_a_full_mailbox", [("ann@example.org", "4.2.2", "delayed")], ""),
        (
            "bounce_packed_up_by_a_gateway",
            [("ann@example.org", "5.1.1", "failed")],
            "gw.16.sig@desk.example",
        ),
    ],
)
def test_a_report_for_people_is_understood(
    name: str, recipients: list[tuple[str, str, str]], about: str
) -> None:
    message = mail(name)

    assert message.bounce is not None
    assert message.bounce.recipients == tuple(BounceRecipient(*each) for each in recipients)
    assert message.bounce.message_id == about
    assert message.auto


def test_a_complaint_is_told_from_a_failure() -> None:
    bounce = mail("report_of_abuse").bounce

    assert bounce is not None
    assert bounce.kind == "complaint"
    assert [each.recipient for each in bounce.recipients] == ["ann@example.org"]
    assert bounce.message_id == "gw.15.sig@desk.example"


def test_a_person_who_forwards_a_report_sends_no_report() -> None:
    message = mail("bounce_forwarded_by_a_person")

    assert message.bounce is None
    assert message.auto == ""


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("auto_out_of_office", "Auto-Submitted: auto-replied"),
        ("auto_from_a_list", "List-Id"),
        ("auto_with_a_null_sender", "empty Return-Path"),
        ("auto_that_suppresses_answers", "X-Auto-Response-Suppress"),
        ("auto_from_no_reply", "its sender wants no reply"),
        ("auto_that_only_its_subject_tells", "its subject says so"),
    ],
)
def test_no_automatic_answer_goes_to(name: str, reason: str) -> None:
    message = mail(name)

    assert message.auto == reason
    assert message.bounce is None


@pytest.mark.parametrize("name", ["auto_submitted_no", "reply_gmail", "signed_by_smime"])
def test_a_person_may_be_answered(name: str) -> None:
    assert mail(name).auto == ""
