"""Settings that a manager changes while the desk runs."""

from dataclasses import dataclass, replace
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.models import JournalEntry
from groupware.preferences import Organisation, Recent, load, save
from tests.conftest import SignedIn
from tests.factories import NOON, Desk


def test_without_anything_kept_the_defaults_hold(session: Session) -> None:
    assert load(session, Organisation) == Organisation()


def test_what_is_saved_is_loaded_and_journalled(desk: Desk, session: Session) -> None:
    save(session, Organisation(name="Maple Support", hue=4), actor=desk.manager, now=NOON)
    session.expire_all()
    assert load(session, Organisation) == Organisation(name="Maple Support", hue=4)
    entry = session.scalars(select(JournalEntry).where(JournalEntry.act == "settings")).one()
    assert (entry.actor_id, entry.changes["hue"]) == (desk.manager.id, [None, 4])


def test_fields_of_another_version_are_left_alone(session: Session) -> None:
    @dataclass(frozen=True)
    class Later:
        KEPT_AS: ClassVar[str] = Organisation.KEPT_AS
        name: str = ""
        motto: str = ""

    save(session, Later(name="Maple", motto="Calm"), actor=None, now=NOON)
    save(session, replace(load(session, Organisation), hue=7), actor=None, now=NOON)
    assert load(session, Later).motto == "Calm"
    assert load(session, Organisation) == Organisation(name="Maple", hue=7)


def test_a_process_asks_only_now_and_then_and_sees_its_own_save(session: Session) -> None:
    recent = Recent(seconds=60)
    assert recent.load(session, Organisation).name == "Groupware Support"
    save(session, Organisation(name="Maple"), actor=None, now=NOON)
    assert recent.load(session, Organisation).name == "Groupware Support"
    session.commit()
    assert recent.load(session, Organisation).name == "Maple"


def test_every_page_carries_name_and_hue(desk: Desk, session: Session, signed_in: SignedIn) -> None:
    save(session, Organisation(name="Maple & Sons", hue=9), actor=None, now=NOON)
    page = signed_in(None).get("/login").text
    assert "Maple &amp; Sons" in page
    assert 'class="hue-9"' in page
