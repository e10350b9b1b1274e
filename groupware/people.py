"""People and their addresses: to find, to add, to change them."""

import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from groupware import journal
from groupware.access import forget, may, need
from groupware.errors import Invalid
from groupware.events import PersonChanged, emit
from groupware.models import Address, Group, GroupKind, Membership, Permission, User
from groupware.passwords import hashed
from groupware.preferences import Organisation, load
from groupware.text import named, one_line

ADDRESS = re.compile(r"[^\s@<>,;:\"()\[\]\\]+@[^\s@<>,;:\"()\[\]\\.]+(\.[^\s@<>,;:\"()\[\]\\.]+)+")


def folded(address: str) -> str:
    """An address as it is compared: case folded, the domain in its ASCII form."""
    local, _, domain = address.strip().rpartition("@")
    with suppress(UnicodeError):
        domain = domain.encode("idna").decode("ascii")
    return f"{local}@{domain}".casefold()


def by_address(session: Session, address: str) -> User | None:
    """The person who has this address."""
    return session.scalar(select(User).join(Address).where(Address.folded == folded(address)))


def by_addresses(session: Session, addresses: Collection[str]) -> dict[str, User | None]:
    """Those who have these folded addresses, by the address; None where nobody has it."""
    rows = session.execute(
        select(Address.folded, User).join(User).where(Address.folded.in_(addresses))
    )
    found: dict[str, User | None] = dict.fromkeys(addresses)
    found.update((address, user) for address, user in rows)
    return found


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
        locale=load(session, Organisation).locale,
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


def administering(session: Session, actor: User | None) -> None:
    """Refuse whoever may not administer; such acts come one after the other.

    Were two at work at once, two administrators could take the right from each other.
    """
    session.execute(select(Group.id).where(Group.kind == GroupKind.EVERYONE).with_for_update())
    forget(session)
    need(session, actor, Permission.ADMINISTER)


def still_administering(session: Session, actor: User) -> None:
    """Refuse what has just taken the right to administer from who did it.

    As whoever changes rights keeps theirs, somebody always has it.
    """
    session.flush()
    if not may(session, actor, Permission.ADMINISTER):
        raise Invalid(
            "You would no longer administer this desk yourself. "
            "Another administrator can do this for you."
        )


def create(
    session: Session,
    actor: User,
    *,
    name: str,
    address: str,
    organisation: str = "",
    password_hash: str | None = None,
    now: datetime,
) -> User:
    """A new person; without a password they need an invitation to come in."""
    administering(session, actor)
    user = add_user(session, name=named(name), address=checked_address(address), now=now)
    user.password_hash = password_hash
    user.organisation = _organisation(organisation)
    _write(session, "created", user, actor, now, address=[None, user.address])
    return user


def edit(
    session: Session, actor: User, user: User, *, name: str, organisation: str, now: datetime
) -> None:
    """Change a person's name and organisation."""
    administering(session, actor)
    before = {"name": user.name, "organisation": user.organisation}
    rename(session, user, named(name))
    user.organisation = _organisation(organisation)
    after = {"name": user.name, "organisation": user.organisation}
    if changes := changed_values(before, after):
        _write(session, "edited", user, actor, now, **changes)


def rename(session: Session, user: User, name: str) -> None:
    """A person's name, which their group in access lists bears too."""
    user.name = personal_group(session, user).name = name
    emit(session, PersonChanged(person=user))


def add_address(session: Session, actor: User, user: User, address: str, *, now: datetime) -> None:
    """Give a person another address, which an administrator vouches for."""
    administering(session, actor)
    address = checked_address(address)
    if by_address(session, address):
        raise Invalid(address="Somebody has this address already.")
    user.addresses.append(Address(address=address, folded=folded(address), verified=True))
    session.flush()
    emit(session, PersonChanged(person=user))
    _write(session, "address_added", user, actor, now, address=[None, address])


def remove_address(
    session: Session, actor: User, user: User, address: Address, *, now: datetime
) -> None:
    """Take an address from a person; the last one stays, or they could not sign in."""
    administering(session, actor)
    if len(user.addresses) == 1:
        raise Invalid(address="This is their only address. Add the new one first.")
    gone = address.address
    user.addresses.remove(address)
    emit(session, PersonChanged(person=user))
    void_credentials(session, [user.id])
    _write(session, "address_removed", user, actor, now, address=[gone, None])


def set_password(
    session: Session, actor: User, user: User, password_hash: str, *, now: datetime
) -> None:
    """Give a person a new password; whoever was signed in as them is out."""
    administering(session, actor)
    user.password_hash = password_hash
    void_credentials(session, [user.id] if user is not actor else [])
    _write(session, "password_set", user, actor, now)


def deactivate(session: Session, actor: User, user: User, *, now: datetime) -> None:
    """Shut a person out at once. Their tickets stay theirs: as customer, and as assignee.

    Nobody else is told that they have them, so the person's page says how many there are.
    """
    administering(session, actor)
    if user is actor:
        raise Invalid("You cannot switch yourself off. Another administrator can.")
    if user.active:
        user.active = False
        void_credentials(session, [user.id])
        _write(session, "deactivated", user, actor, now)


def activate(session: Session, actor: User, user: User, *, now: datetime) -> None:
    """Let a person in again."""
    administering(session, actor)
    if not user.active:
        user.active = True
        _write(session, "activated", user, actor, now)


def sign_out_everywhere(session: Session, actor: User, user: User, *, now: datetime) -> None:
    """Void each session, token and link that was given to a person until now."""
    administering(session, actor)
    void_credentials(session, [user.id])
    _write(session, "signed_out", user, actor, now)


def void_credentials(session: Session, user_ids: Collection[int] | Select[int]) -> None:
    """Void what was given to these people to come in with: at their next request they are out."""
    session.flush()
    session.execute(
        update(User)
        .where(User.id.in_(user_ids))
        .values(credential_number=User.credential_number + 1)
        .execution_options(synchronize_session=False)
    )
    for held in session.identity_map.values():
        if isinstance(held, User):
            session.expire(held, ["credential_number"])


def checked_address(address: str) -> str:
    """An e-mail address as it may be kept; raises Invalid where it is none."""
    address = one_line(address)
    if len(address) > 320 or not ADDRESS.fullmatch(address):
        raise Invalid(address="Please enter an e-mail address, such as ada@example.org.")
    return address


def changed_values(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, list[Any]]:
    """What differs, as the journal keeps it: `field: [before, after]`."""
    return {name: [before[name], after[name]] for name in before if before[name] != after[name]}


def _organisation(text: str) -> str:
    organisation = one_line(text)
    if len(organisation) > 200:
        raise Invalid(organisation="This is longer than 200 characters.")
    return organisation


def _write(
    session: Session, act: str, user: User, actor: User, now: datetime, **changes: Any
) -> None:
    journal.record(session, act, "user", user.id, actor=actor, at=now, of=user.name, **changes)
