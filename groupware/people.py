"""People and their addresses: to find, to add, to change them."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.errors import Invalid
from groupware.models import Address, Group, GroupKind, Membership, User
from groupware.passwords import hashed


def folded(address: str) -> str:
    """An address as it is compared: case folded, the domain in its ASCII form."""
    local, _, domain = address.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        pass
    return f"{local}@{domain}".casefold()


def by_address(session: Session, address: str) -> User | None:
    """The person who has this address."""
    return session.scalar(select(User).join(Address).where(Address.folded == folded(address)))


def add_user(
    session: Session,
    *,
    name: str,
    address: str,
    now: datetime,
    password: str | None = None,
    verified: bool = True,
) -> User:
    """A new person with a group of their own, who also belongs to everyone's group."""
    if by_address(session, address):
        raise Invalid(address="Somebody has this address already.")
    user = User(
        name=name,
        created_at=now,
        verified=verified,
        password_hash=hashed(password) if password is not None else None,
        addresses=[Address(address=address.strip(), folded=folded(address), verified=verified)],
    )
    session.add(user)
    session.flush()
    own = Group(name=name, kind=GroupKind.PERSONAL, user_id=user.id)
    session.add(own)
    session.flush()
    for group in (own, everyone(session)):
        session.add(Membership(user_id=user.id, group_id=group.id))
    session.flush()
    return user


def everyone(session: Session) -> Group:
    """The group that everybody belongs to, made at first."""
    group = session.scalar(select(Group).where(Group.kind == GroupKind.EVERYONE))
    if group is None:
        group = Group(name="Everyone", kind=GroupKind.EVERYONE)
        session.add(group)
        session.flush()
    return group


def personal_group(session: Session, user: User) -> Group:
    """The group of one that stands for a person in access lists."""
    return session.scalars(select(Group).where(Group.user_id == user.id)).one()
