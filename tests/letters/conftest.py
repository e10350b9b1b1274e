import pytest
from sqlalchemy.orm import Session

from groupware.config import Settings
from groupware.database import Database
from groupware.mailboxes.models import Mailbox
from tests.factories import Desk
from tests.letters.office import Office, mailbox


@pytest.fixture
def office(database: Database, settings: Settings, session: Session) -> Office:
    return Office(database, settings, session)


@pytest.fixture
def box(session: Session, desk: Desk) -> Mailbox:
    return mailbox(session, desk.list)
