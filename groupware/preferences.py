"""What a manager changes while the desk runs: one frozen dataclass per matter, kept as one row.

@dataclass(frozen=True)
class Organisation:
    KEPT_AS: ClassVar[str] = "organisation"
    name: str = "Groupware Support"

desk = load(session, Organisation)
save(session, replace(desk, name="Maple Support"), actor=manager, now=now)
"""

import time
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, ClassVar, Protocol, TypeVar, cast

from sqlalchemy import event
from sqlalchemy.orm import Session

from groupware import journal
from groupware.models import Setting, User


class Kept(Protocol):
    """A frozen dataclass whose fields are of JSON's own types and all have a default."""

    KEPT_AS: ClassVar[str]
    __dataclass_fields__: ClassVar[dict[str, Any]]


T = TypeVar("T", bound=Kept)

_SAVED = "preferences saved"


@dataclass(frozen=True)
class Organisation:
    """Whose desk this is, and what it tells its customers."""

    KEPT_AS: ClassVar[str] = "organisation"

    name: str = "Groupware Support"
    hue: int = 1
    about_answers: str = ""  # said before and after sending: when to expect an answer
    security_contact: str = ""  # an address or URL, for /.well-known/security.txt
    locale: str = "en"  # of whoever has not chosen theirs, and of letters to them


def load(session: Session, kind: type[T]) -> T:
    """What is kept, or the defaults; fields that this version does not know are left alone."""
    row = session.get(Setting, kind.KEPT_AS)
    return _made(kind, row.value if row else {})


def is_kept(session: Session, kind: type[Kept]) -> bool:
    """True where somebody has saved it once."""
    return session.get(Setting, kind.KEPT_AS) is not None


def save(session: Session, value: Kept, *, actor: User | None, now: datetime) -> None:
    """Keep it from now on; what changed stands in the journal."""
    name = type(value).KEPT_AS
    row = session.get(Setting, name)
    before = row.value if row else {}
    after = {**before, **asdict(cast("Any", value))}
    if row is None:
        session.add(Setting(name=name, value=after))
    else:
        row.value = after
    changes: dict[str, Any] = {
        key: [before.get(key), after[key]] for key in after if before.get(key) != after[key]
    }
    journal.record(session, "settings", name, None, actor=actor, at=now, **changes)
    session.info[_SAVED] = True
    session.flush()


class Recent:
    """Values as they were some seconds ago at most, so that a page costs no statement for them."""

    def __init__(self, seconds: float = 5) -> None:
        self.seconds = seconds
        self._kept: dict[type[Kept], _Seen] = {}

    def load(self, session: Session, kind: type[T]) -> T:
        """As `load`, unless this process has asked a moment ago and saved nothing since."""
        seen, saves, now = self._kept.get(kind), _saves, time.monotonic()
        if seen is None or seen.saves != saves or now - seen.at > self.seconds:
            seen = self._kept[kind] = _Seen(load(session, kind), saves, now)
        return cast("T", seen.value)

    def last(self, kind: type[T]) -> T:
        """What was seen last, however long ago, without asking the database."""
        return cast("T", self._kept[kind].value if kind in self._kept else kind())


@dataclass(frozen=True)
class _Seen:
    value: Kept
    saves: int
    at: float


_saves = 0  # of this process; others notice after some seconds


@event.listens_for(Session, "after_commit")
def _notice(session: Session) -> None:
    global _saves  # noqa: PLW0603  # one number for the process is what is meant
    if not session.in_nested_transaction() and session.info.pop(_SAVED, False):
        _saves += 1


def _made(kind: type[T], value: dict[str, Any]) -> T:
    known = {field.name for field in fields(cast("Any", kind))}
    return kind(**{key: each for key, each in value.items() if key in known})
