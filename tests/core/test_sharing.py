"""Things that are shared by an access list: who may use them, who may change them."""

from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware import acls, sharing
from groupware.errors import Forbidden, Invalid, NotFound
from groupware.models import Acl, Level, Permission
from groupware.people import personal_group
from tests.factories import Make


def test_what_somebody_makes_is_theirs_until_they_share_it(session: Session, make: Make) -> None:
    owner, other, third = make.agent(), make.agent(), make.agent()
    team = make.group(Permission.MANAGE_TICKETS, members=[other])
    thing = SimpleNamespace(acl_id=sharing.private(session, owner).id)

    def uses(person: object, level: Level = sharing.USE) -> bool:
        condition = sharing.shared_with(person, Acl.id, level)  # type: ignore[arg-type]
        return session.scalar(select(Acl.id).where(condition)) == thing.acl_id

    assert uses(owner, sharing.CHANGE)
    assert not uses(other)
    assert sharing.private_among(session, [thing.acl_id]) == {thing.acl_id}
    assert sharing.is_private(acls.lines(session, thing.acl_id))
    with pytest.raises(NotFound):
        sharing.require(session, other, thing, sharing.USE)

    sharing.share(session, owner, thing, {team.id: sharing.USE})
    assert uses(other)
    assert not uses(other, sharing.CHANGE)
    assert not uses(third)
    assert sharing.private_among(session, [thing.acl_id]) == set()
    with pytest.raises(Forbidden):
        sharing.share(session, other, thing, {team.id: sharing.CHANGE})


def test_somebody_is_always_left_who_can_change_it(session: Session, make: Make) -> None:
    owner, other = make.agent(), make.agent()
    own, others = (personal_group(session, person).id for person in (owner, other))
    thing = SimpleNamespace(acl_id=sharing.private(session, owner).id)
    for levels in ({own: Level.NONE}, {own: sharing.USE, others: sharing.USE}):
        with pytest.raises(Invalid), session.begin_nested():
            sharing.share(session, owner, thing, levels)
    with pytest.raises(Invalid):
        sharing.share(session, owner, thing, {others: Level.WRITE})
    sharing.share(session, owner, thing, {own: Level.NONE, others: sharing.CHANGE})
    with pytest.raises(NotFound):
        sharing.require(session, owner, thing, sharing.USE)
