"""A person's own way in: password, addresses, and the links that are sent by mail.

A link is a secret of which only the hash is kept. It is void once it was used, its time has run
out, or the person's credentials have changed since it was sent.
"""

from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from groupware import journal, outbox
from groupware.errors import Invalid
from groupware.events import PersonChanged, emit
from groupware.models import Address, Token, TokenKind, User
from groupware.people import administering, by_address, checked_address, folded, void_credentials
from groupware.secrets import hash_of, new_secret

LASTS = {
    TokenKind.RESET: timedelta(minutes=30),
    TokenKind.INVITATION: timedelta(hours=72),
    TokenKind.VERIFICATION: timedelta(hours=72),
}
MOST_ADDRESSES = 10
VOID = "This link is no longer valid."
TAKEN = "Somebody has this address already."


def issue(session: Session, user: User, kind: TokenKind, *, now: datetime, value: str = "") -> str:
    """A new secret for a link of this kind; the only time that it is seen."""
    secret = new_secret()
    session.add(
        Token(
            token_hash=hash_of(secret),
            user_id=user.id,
            kind=kind,
            value=value,
            credential_number=user.credential_number,
            created_at=now,
            expires_at=now + LASTS[kind],
        )
    )
    session.flush()
    return secret


def find(session: Session, secret: str, *, now: datetime) -> tuple[Token, User]:
    """The link that this secret is of, and whose it is; raises Invalid where it is void."""
    found = session.execute(
        select(Token, User)
        .join(User, User.id == Token.user_id)
        .where(
            Token.token_hash == hash_of(secret),
            Token.kind.in_(LASTS),
            Token.used_at.is_(None),
            Token.expires_at > now,
            Token.credential_number == User.credential_number,
            User.active,
        )
    ).one_or_none()
    if found is None:
        raise Invalid(VOID)
    return found[0], found[1]


def use(session: Session, token: Token, *, now: datetime) -> None:
    """Use a link up; of two who do so at once, the second is refused."""
    used = session.execute(
        update(Token)
        .where(Token.id == token.id, Token.used_at.is_(None))
        .values(used_at=now)
        .execution_options(synchronize_session=False)
    )
    if not used.rowcount:  # type: ignore[attr-defined]
        raise Invalid(VOID)
    session.expire(token)


def request_reset(session: Session, address: str, *, base_url: str, now: datetime) -> None:
    """Send a link to whoever has this address; nobody is told whether somebody has."""
    found = session.scalar(
        select(Address).where(Address.folded == folded(address), Address.verified)
    )
    if found is None or not found.user.active:
        return
    secret = issue(session, found.user, TokenKind.RESET, now=now)
    outbox.put(
        session,
        to=found.address,
        subject="Choose a new password",
        text=(
            f"Hello {found.user.name},\n\n"
            "somebody, probably you, has asked for a new password. Choose it here within"
            f" 30 minutes:\n\n{base_url}/link/{secret}\n\n"
            "If it was not you, nothing needs to be done: your password stays as it is.\n"
        ),
        now=now,
        secret=True,
    )
    journal.record(session, "reset_requested", "user", found.user_id, actor=None, at=now)


def invite(session: Session, actor: User, user: User, *, base_url: str, now: datetime) -> None:
    """Send a person the link with which they choose their first password."""
    administering(session, actor)
    if not user.active:
        raise Invalid("This person is switched off. Switch them on first.")
    secret = issue(session, user, TokenKind.INVITATION, now=now)
    outbox.put(
        session,
        to=user.address,
        subject="Welcome: please choose a password",
        text=(
            f"Hello {user.name},\n\n{actor.name} has made an account for you. Choose a password"
            f" within three days, and you are in:\n\n{base_url}/link/{secret}\n"
        ),
        now=now,
        secret=True,
    )
    journal.record(session, "invited", "user", user.id, actor=actor, at=now, of=user.name)


def set_first_password(
    session: Session, token: Token, user: User, hashed: str, *, now: datetime
) -> None:
    """Set the password that somebody chose by a link; whatever was given out before is void."""
    use(session, token, now=now)
    _set(session, user, hashed)
    user.verified = True
    journal.record(session, f"{token.kind}_used", "user", user.id, actor=user, at=now, of=user.name)


def change_password(session: Session, user: User, hashed: str, *, now: datetime) -> None:
    """Change one's own password; whoever else is signed in as this person is out."""
    _set(session, user, hashed)
    journal.record(session, "password_changed", "user", user.id, actor=user, at=now, of=user.name)
    outbox.put(
        session,
        to=user.address,
        subject="Your password was changed",
        text=(
            f"Hello {user.name},\n\nyour password was changed just now. If it was not you, ask for"
            " a new one on the sign-in page, and tell your administrator.\n"
        ),
        now=now,
    )


def ask_for_address(
    session: Session, user: User, address: str, *, base_url: str, now: datetime
) -> None:
    """Send a link to an address that a person says is theirs; it becomes so when they follow it.

    Whether somebody else has it already is told to its owner only.
    """
    address = checked_address(address)
    if len(user.addresses) >= MOST_ADDRESSES:
        raise Invalid(address=f"At most {MOST_ADDRESSES} addresses.")
    owner = by_address(session, address)
    if owner is user:
        raise Invalid(address="This is one of your addresses already.")
    if owner is not None:
        text = (
            f"Hello,\n\n{user.name} wanted to add this address to their account. It belongs to yours,"
            " so nothing was done.\n"
        )
    else:
        secret = issue(session, user, TokenKind.VERIFICATION, now=now, value=address)
        text = (
            f"Hello {user.name},\n\nto add this address to your account, confirm within three days"
            f" that it is yours:\n\n{base_url}/link/{secret}\n"
        )
    outbox.put(
        session, to=address, subject="Is this your address?", text=text, now=now, secret=not owner
    )


def confirm_address(session: Session, token: Token, user: User, *, now: datetime) -> None:
    """Make the address that a link was sent to the person's own."""
    use(session, token, now=now)
    if by_address(session, token.value):
        raise Invalid(VOID)
    outbox.put(
        session,
        to=user.address,
        subject="An address was added to your account",
        text=(
            f"Hello {user.name},\n\n{token.value} belongs to your account now. If it was not you who"
            " added it, change your password, and tell your administrator.\n"
        ),
        now=now,
    )
    user.addresses.append(Address(address=token.value, folded=folded(token.value), verified=True))
    session.flush()
    emit(session, PersonChanged(person=user))
    journal.record(
        session, "address_added", "user", user.id, actor=user, at=now, of=user.name,
        address=[None, token.value],
    )  # fmt: skip


def drop_address(session: Session, user: User, address: Address, *, now: datetime) -> None:
    """Give up one of one's own addresses, and the links sent to it; the last one stays."""
    if len(user.addresses) == 1:
        raise Invalid("This is your only address. Add the new one first.")
    user.addresses.remove(address)
    emit(session, PersonChanged(person=user))
    void_credentials(session, [user.id])
    journal.record(
        session, "address_removed", "user", user.id, actor=user, at=now, of=user.name,
        address=[address.address, None],
    )  # fmt: skip


def put_first(session: Session, user: User, address: Address, *, now: datetime) -> None:
    """Let mail go to this address: the first of a person's is the one that is written to."""
    before = user.address
    ordered = [address, *(each for each in user.addresses if each is not address)]
    user.addresses.clear()
    session.flush()
    for each in ordered:
        copy = Address(address=each.address, folded=each.folded, verified=each.verified)
        user.addresses.append(copy)
        session.flush()  # one by one: their ids are their order
    journal.record(
        session, "address_first", "user", user.id, actor=user, at=now, of=user.name,
        address=[before, address.address],
    )  # fmt: skip


def _set(session: Session, user: User, hashed: str) -> None:
    user.password_hash = hashed
    void_credentials(session, [user.id])
