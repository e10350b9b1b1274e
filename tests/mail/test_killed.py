"""`kill -9` at random moments while mail comes in: nothing is lost, nothing is doubled."""

import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.database import Database
from groupware.mailboxes.models import InboundMail, Mailbox, Protocol, Tls
from groupware.sealed import Seal
from modules.tasks.mail.models import Intake
from modules.tasks.models import Task
from tests import mailservers
from tests.factories import Desk
from tests.mailing import KEY, mail

MAILS = int(os.environ.get("GROUPWARE_TEST_MAILS", "120"))
"""1,500 take some minutes; they are for whoever changes how mail comes in."""


@pytest.mark.slow
@pytest.mark.skipif(not mailservers.dovecot_is_here(), reason="Dovecot is not installed")
def test_killed_at_random_moments_it_loses_and_doubles_nothing(
    database: Database, database_url: str, desk: Desk, session: Session, tmp_path: Path
) -> None:
    mails = [
        mail("who@else.example", f"Number {n}.", subject=f"Mail {n}", message_id=f"<k{n}@x>")
        if n % 5
        else mail(f"w{n}@else.example", f"No id, {n}.", subject=f"Mail {n}").replace(b"Message-ID", b"X-None")
        for n in range(MAILS)
    ]  # fmt: skip
    mails = [each.replace(b"who@", b"who%d@" % (n // 20)) for n, each in enumerate(mails)]
    twice = mails[::10]
    with mailservers.dovecot() as server:
        mailbox = Mailbox(
            name="Support", address="support@maple.example", created_at=desk.make.now,
            protocol=Protocol.IMAP, host="127.0.0.1", port=server.imap, tls=Tls.PLAIN,
            user="support", sealed_secret=Seal(KEY).close(mailservers.PASSWORD),
        )  # fmt: skip
        session.add(mailbox)
        session.flush()
        session.add(Intake(mailbox_id=mailbox.id, task_list_id=desk.list.id))
        session.commit()
        half = len(mails) // 2
        server.deliver("support", *mails[:half], *twice[: len(twice) // 2])
        kills = _worked_and_killed(database_url, tmp_path, 1)
        folder = server.maildir("support")
        (folder / "dovecot-uidlist").unlink()
        for index in folder.glob("dovecot*index*"):
            index.unlink()
        time.sleep(1.1)  # UIDVALIDITY is made of the time
        server.deliver("support", *mails[half:], *twice[len(twice) // 2 :])
        kills += _worked_and_killed(database_url, tmp_path, 2)
    with database.reading() as reading:
        subjects = Counter(reading.scalars(select(Task.summary)))
        outcomes = Counter(reading.scalars(select(InboundMail.outcome)))
        validities = set(reading.scalars(select(InboundMail.uidvalidity)))
    print(f"{len(mails)} mails, {kills} kills, {dict(outcomes)}")
    assert kills >= 2
    assert len(validities) == 2
    assert {f"Mail {n}" for n in range(MAILS)} - set(subjects) == set(), "lost"
    assert [subject for subject, number in subjects.items() if number > 1] == [], "doubled"
    assert outcomes["ticket"] == MAILS
    assert outcomes["duplicate"] == half + len(twice) // 2 + len(twice)


def _worked_and_killed(url: str, folder: Path, seed: int) -> int:
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "tests.mail.killing", url, str(folder / "files"), str(seed)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)
