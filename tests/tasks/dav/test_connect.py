"""The page *Connect your task app*."""

from typing import Any

import pytest
from sqlalchemy.orm import Session

from modules.tasks.icalendar.alarms import Alarm, chosen
from tests.conftest import SignedIn
from tests.factories import Desk


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_one_makes_an_app_password_and_chooses_reminders(
    desk: Desk, signed_in: SignedIn, session: Session
) -> None:
    browser: Any = signed_in(desk.agent)
    told = browser.get("/profile/calendar").text
    for value in ("http://localhost/dav/", desk.agent.address, desk.list.name):
        assert value in told
    assert browser.send("/profile/calendar", name="Phone").status_code == 201
    for form, status, alarm in (
        ({"minutes": "15", "mine": "y"}, 303, Alarm(15)),
        ({"minutes": "1440"}, 303, Alarm(1440, mine=False)),
        ({"minutes": "7"}, 422, Alarm(1440, mine=False)),
        ({"minutes": ""}, 303, None),
    ):
        answer = browser.send("/profile/calendar/alarms", **form)
        session.refresh(desk.agent)
        assert (answer.status_code, chosen(desk.agent)) == (status, alarm), form
        session.commit()
    customer: Any = signed_in(desk.customer)
    assert "Remind me" not in customer.get("/profile/calendar").text
    assert customer.send("/profile/calendar/alarms", minutes="15").status_code == 403
