"""Secrets for programs: API tokens, app passwords for calendars, feeds. Each says what it opens.

A secret is shown once; of it only the hash is kept. It opens what its kind says, with the rights
that its person has at that moment, until it is revoked or their credentials change.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.orm import Session

from groupware import journal
from groupware.access import RIGHTS, learn
from groupware.errors import Invalid, NotFound
from groupware.models import Address, Grant, Membership, Permission, Token, TokenKind, User
from groupware.secrets import hash_of, new_secret
from groupware.text import named

KINDS = (TokenKind.API, TokenKind.DAV, TokenKind.FEED)
NOTICED = timedelta(minutes=5)
"""How old `used_at` may be before it is written again: a request costs no write each time."""
MOST = 100
"""Secrets that one person may have at once."""


def give(
    session: Session,
    actor: User | None,
    user: User,
    kind: TokenKind,
    *,
    name: str,
    now: datetime,
    value: str = "",
) -> str:
    """A new secret of a person, to be shown this once; `value` is what it is bound to."""
    if not user.active:
        raise Invalid("This person is switched off.")
    if len(of(session, user)) >= MOST:
        raise Invalid(f"At most {MOST} secrets. Revoke those that are no longer used.")
    secret = new_secret()
    session.add(
        Token(
            token_hash=hash_of(secret),
            user_id=user.id,
            kind=kind,
            name=named(name) if name.strip() else "",
            value=value,
            credential_number=user.credential_number,
            created_at=now,
        )
    )
    session.flush()
    journal.record(
        session, "token_made", "user", user.id, actor=actor, at=now, of=user.name,
        scope=[None, str(kind)],
    )  # fmt: skip
    return secret


def holder(
    session: Session, secret: str, *kinds: TokenKind, address: str | None = None
) -> tuple[Token, User] | None:
    """Whose secret of one of these kinds this is; None where it opens nothing now.

    With an address, folded, it opens only for whose address that is.
    """
    asked = {"hash": hash_of(secret), "kinds": kinds, "address": address}
    rows = session.execute(_holder(by_address=address is not None), asked).all()
    if not rows:
        return None
    token, user = rows[0][:2]
    learn(session, user, [(group, permission) for _, _, group, permission in rows])
    return token, user


@cache
def _holder(*, by_address: bool) -> Select[Token, User, int, Permission]:
    # Programs ask this with each request: it is built once, and their rights come along.
    query: Select[Token, User, int, Permission] = (
        select(Token, User, *RIGHTS)
        .join(User, User.id == Token.user_id)
        .outerjoin(Membership, Membership.user_id == User.id)
        .outerjoin(Grant, Grant.group_id == Membership.group_id)
        .where(
            Token.token_hash == bindparam("hash"),
            Token.kind.in_(bindparam("kinds", expanding=True)),
            Token.credential_number == User.credential_number,
            User.active,
        )
    )
    if by_address:
        theirs = select(Address.user_id).where(Address.folded == bindparam("address"))
        query = query.where(User.id.in_(theirs))
    return query


def of(session: Session, user: User, *kinds: TokenKind) -> Sequence[Token]:
    """The secrets that a person has given to programs and that are still good, newest first."""
    return session.scalars(
        select(Token)
        .where(
            Token.user_id == user.id,
            Token.kind.in_(kinds or KINDS),
            Token.credential_number == user.credential_number,
        )
        .order_by(Token.id.desc())
        .limit(MOST)
    ).all()


def revoke(session: Session, actor: User, user: User, token_id: int, *, now: datetime) -> None:
    """Make a person's secret void at once."""
    token = session.scalar(
        select(Token).where(Token.id == token_id, Token.user_id == user.id, Token.kind.in_(KINDS))
    )
    if token is None:
        raise NotFound
    journal.record(
        session, "token_revoked", "user", user.id, actor=actor, at=now, of=user.name,
        scope=[str(token.kind), None],
    )  # fmt: skip
    session.delete(token)


def notice(session: Session, token_id: int, *, now: datetime) -> None:
    """Remember that a secret was used, to within minutes."""
    session.execute(
        update(Token)
        .where(Token.id == token_id, Token.used_at.is_(None) | (Token.used_at < now - NOTICED))
        .values(used_at=now)
    )
