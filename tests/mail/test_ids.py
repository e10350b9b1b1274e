"""Marks in addresses and Message-IDs: known again, and made by nobody else."""

import pytest

from groupware.mail.ids import AgentAnswer, Answer, Marks, Report, Sent, unmarked

MARKS = Marks("k" * 40)
OTHERS = Marks("o" * 40)
DESK = "Support@maple.example"


@pytest.mark.parametrize(
    ("made", "meant"),
    [
        (MARKS.answer_address(DESK, 12), Answer(12)),
        (MARKS.report_address(DESK, 34), Report(34)),
        (MARKS.notice_address(DESK, 12, 7, 3), AgentAnswer(12, 7, 3)),
    ],
)
def test_a_marked_address_is_known_again_and_only_as_it_was_made(made, meant):
    assert MARKS.of_address(made) == meant
    assert MARKS.of_address(made.upper()) == meant, "relays change the case"
    assert OTHERS.of_address(made) is None
    assert MARKS.of_address(made.replace("maple", "evil")) is None
    assert MARKS.of_address(made.replace("12.", "13.").replace("34.", "35.")) is None
    assert unmarked(made) == "support@maple.example"
    assert len(made.split("@")[0]) <= 64, "RFC 5321, 4.5.3.1.1"


def test_a_message_id_is_known_again_whatever_its_host_became():
    mail = MARKS.comment_message_id(56, "maple.example")
    assert MARKS.of_message_id(mail) == Sent(comment=56)
    assert MARKS.of_message_id(mail.strip("<>").replace("maple", "relay")) == Sent(comment=56)
    assert MARKS.of_message_id(MARKS.ticket_message_id(12, "maple.example")) == Sent(ticket=12)
    assert MARKS.comment_message_id(56, "maple.example") != mail, "each mail has its own"
    assert MARKS.of_message_id(mail.replace("gw.56", "gw.57")) is None
    assert OTHERS.of_message_id(mail) is None


@pytest.mark.parametrize(
    "text", ["", "<>", "gw.1", "+t@", "a+t99999999999.aaaaaaaaaaaaaaaa@b", "ſ@K"]
)
def test_other_text_is_no_mark(text):
    assert MARKS.of_address(text) is None
    assert MARKS.of_message_id(text) is None
