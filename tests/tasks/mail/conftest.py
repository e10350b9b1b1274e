"""A desk with a mailbox."""

from pathlib import Path

import pytest

from groupware.database import Database
from tests.factories import Desk, Make
from tests.mailing import Post, post_to


@pytest.fixture
def post(desk: Desk, make: Make, database: Database, tmp_path: Path) -> Post:
    desk.customer.default_location_id = desk.location.id
    return post_to(make, database, tmp_path / "files", desk.list)
