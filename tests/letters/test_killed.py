"""`kill -9` at random moments while mail goes out: nothing is lost, and what comes twice is the same."""

import os
import subprocess
import sys
from collections import Counter
from email import message_from_bytes

import pytest
from sqlalchemy import func, select

from groupware import outbox
from groupware.database import Database, utc_now
from groupware.models import Delivery, OutboundMail
from tests.core.test_smtp import Sink

MAILS = int(os.environ.get("GROUPWARE_TEST_MAILS_OUT", "30"))
"""300 are for whoever changes how mail goes out."""


@pytest.mark.slow
def test_killed_at_random_moments_it_loses_nothing_and_doubles_by_the_same_id(
    database: Database, database_url: str
) -> None:
    with database.writing() as session:
        for number in range(MAILS):
            outbox.put(session, to=f"p{number}@maple.example", subject="x", text="y", now=utc_now())
    sink = Sink()
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tests.letters.killing", database_url, str(sink.port), "7"],
        capture_output=True,
        text=True,
        check=False,
    )
    sink.shutdown()
    sink.server_close()
    assert done.returncode == 0, done.stderr
    kills = int(done.stdout)
    got = Counter(message_from_bytes(each)["To"] for each in sink.mails)
    ids = {message_from_bytes(each)["Message-ID"] for each in sink.mails}
    doubled = sum(got.values()) - len(got)
    print(f"{MAILS} mails, {kills} kills, {doubled} came twice")
    assert kills >= 2
    assert len(got) == MAILS, "lost"
    assert len(ids) == MAILS, "what comes twice has the same id: its receiver drops one"
    assert doubled <= kills
    with database.reading() as session:
        states = session.execute(
            select(OutboundMail.state, func.count()).group_by(OutboundMail.state)
        ).all()
    assert [tuple(each) for each in states] == [(Delivery.SENT, MAILS)]
