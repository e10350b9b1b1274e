"""What is tried too often waits: counted in the database, so that all processes agree."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import TooManyRequests

from groupware.database import one_at_a_time
from groupware.models import Attempt
from groupware.secrets import hash_of


def count(session: Session, key: str, *, most: int, within: timedelta, now: datetime) -> Attempt:
    """Count a try under this key; raises TooManyRequests beyond `most` of them `within` a time.

    Tries under one key are counted one after the other, whatever runs at once, until the end of
    this transaction. So make it a short one, and let it end before slow work begins.
    """
    key = hash_of(key).hex()  # what people typed is nobody's business
    one_at_a_time(session, key)
    session.execute(delete(Attempt).where(Attempt.key == key, Attempt.at <= now - within))
    tried, first = session.execute(
        select(func.count(), func.min(Attempt.at)).where(Attempt.key == key)
    ).one()
    if tried >= most:
        wait = int((first + within - now).total_seconds()) + 1
        raise TooManyRequests(retry_after=wait)
    attempt = Attempt(key=key, at=now)
    session.add(attempt)
    session.flush()
    return attempt


def forgive(session: Session, attempts: Iterable[int]) -> None:
    """Tries, by their ids, that turned out well do not count."""
    session.execute(delete(Attempt).where(Attempt.id.in_(list(attempts))))


def place(remote: str | None) -> str:
    """Where a request comes from, as it is counted: in IPv6 the network, as each has many."""
    try:
        address = ip_address(remote or "")
    except ValueError:
        return remote or ""
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ip_network(f"{address}/64", strict=False))
