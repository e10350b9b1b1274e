"""Mailboxes, where their mail goes, and what is in quarantine: set up and looked after by managers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware import journal, people
from groupware.access import need
from groupware.blobs import Store
from groupware.errors import Conflict, Invalid
from groupware.mailboxes import arrivals, processing
from groupware.mailboxes.arrivals import Arrived
from groupware.mailboxes.models import After, Auth, InboundMail, Mailbox, Protocol, Stage, Tls
from groupware.mailboxes.outcome import Became
from groupware.models import Group, GroupKind, Level, Location, Permission, User
from groupware.people import checked_address, folded
from groupware.sealed import Seal
from groupware.text import named, one_line
from modules.tasks.access import require
from modules.tasks.mail.models import Intake, IntakeRule, Unknown
from modules.tasks.mail.senders import is_powerful
from modules.tasks.models import Role, TaskList

LOOPBACK = ("127.0.0.1", "::1", "localhost")
MOST_RULES = 50
MOST_ALIASES = 50
FIELDS = {"recipient": "Recipient", "subject": "Subject", "sender": "Sender"}
PLAIN = (
    "aliases", "protocol", "host", "port", "tls", "folder", "user", "auth", "after", "allow_large",
    "authserv_id", "plus_addresses", "smtp_host", "smtp_port", "smtp_tls", "smtp_user",
    "smtp_auth", "from_name", "from_address",
)  # fmt: skip
"""What is kept of a mailbox as it was entered, beside name, address and secrets."""
SECRETS = {
    "secret": ("sealed_secret", ("protocol", "host", "port", "tls", "auth")),
    "smtp_secret": ("sealed_smtp_secret", ("smtp_host", "smtp_port", "smtp_tls", "smtp_auth")),
}
"""Where each secret is kept, and what tells the server that is given it."""


def create(
    session: Session, actor: User, values: Mapping[str, Any], *, seal: Seal, now: datetime
) -> Mailbox:
    """A new mailbox that feeds a list."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    mailbox = Mailbox(name="", address="", created_at=now)
    _put(session, mailbox, values, seal)
    session.add(mailbox)
    session.flush()
    session.add(Intake(mailbox_id=mailbox.id, **_intake(session, values)))
    session.flush()
    _write(session, "created", mailbox, actor, now)
    return mailbox


def change(
    session: Session, actor: User, mailbox: Mailbox, values: Mapping[str, Any],
    *, seal: Seal, now: datetime,
) -> None:  # fmt: skip
    """Set a mailbox up anew; an empty secret leaves the one that is kept, for the same server."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    before = (mailbox.host, mailbox.user, mailbox.folder, mailbox.protocol)
    told = {name: getattr(mailbox, name) for name in ("name", "address", *PLAIN)}
    _put(session, mailbox, values, seal)
    if before != (mailbox.host, mailbox.user, mailbox.folder, mailbox.protocol):
        mailbox.uidvalidity = mailbox.last_uid = 0  # another server counts on its own
        mailbox.compared_at = None
    reached = (*SECRETS["secret"][1], "user", "folder")
    if values.get("secret") or any(told[name] != getattr(mailbox, name) for name in reached):
        mailbox.last_error, mailbox.last_error_at = "", None  # it was said of what was set before
    intake = session.get_one(Intake, mailbox.id)
    for name, value in _intake(session, values).items():
        setattr(intake, name, value)
    session.flush()
    after = {name: getattr(mailbox, name) for name in told}
    changes = people.changed_values(told, after)
    if values.get("secret") or values.get("smtp_secret"):
        changes["secret"] = ["", "changed"]
    _write(session, "changed", mailbox, actor, now, **changes)


def pause(session: Session, actor: User, mailbox: Mailbox, *, paused: bool, now: datetime) -> None:
    """Stop fetching, or go on; what is brought by LMTP or a pipe is still taken."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    if mailbox.paused != paused:
        mailbox.paused = paused
        _write(session, "paused" if paused else "resumed", mailbox, actor, now)


def remove(session: Session, actor: User, mailbox: Mailbox, *, now: datetime) -> None:
    """Delete a mailbox by which nothing has come in; others can be paused."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    if session.scalar(select(InboundMail.id).where(InboundMail.mailbox_id == mailbox.id).limit(1)):
        raise Conflict("Mail has come in by this mailbox, so it stays. Pause it instead.")
    intake = session.get(Intake, mailbox.id)
    if intake is not None:
        session.delete(intake)
        session.flush()
    _write(session, "deleted", mailbox, actor, now)
    session.delete(mailbox)


def add_rule(
    session: Session, actor: User, intake: Intake, *, field: str, words: str, task_list: TaskList,
    now: datetime,
) -> None:  # fmt: skip
    """New mail with these words goes to that list; rules are asked in the order they were added."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    if field not in FIELDS:
        raise Invalid(field="Please choose where the words stand.")
    if len(intake.rules) >= MOST_RULES:
        raise Invalid(words=f"At most {MOST_RULES} rules.")
    words = named(words, "words")
    position = max((rule.position for rule in intake.rules), default=0) + 1
    intake.rules.append(
        IntakeRule(field=field, words=words, task_list_id=task_list.id, position=position)
    )
    session.flush()
    _write(session, "rule_added", intake.mailbox, actor, now, rule=[None, f"{field}: {words}"])


def remove_rule(
    session: Session, actor: User, intake: Intake, rule: IntakeRule, *, now: datetime
) -> None:
    """Take a rule away."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    said = f"{rule.field}: {rule.words}"
    intake.rules.remove(rule)
    _write(session, "rule_removed", intake.mailbox, actor, now, rule=[said, None])


def release(session: Session, actor: User, mail: InboundMail, *, now: datetime) -> None:
    """Let a mail out of quarantine: it becomes a ticket, whoever sent it."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    _require_held(mail)
    mail.released = True
    processing.again(mail, now=now)
    _write_mail(session, "released", mail, actor, now)


def replay(session: Session, actor: User, mail: InboundMail, *, now: datetime) -> None:
    """Decide once more, by what is known of its sender now."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    if mail.stage == Stage.DONE:
        raise Conflict("This mail is in a ticket already.")
    processing.again(mail, now=now)
    _write_mail(session, "replayed", mail, actor, now)


def reject(session: Session, actor: User, mail: InboundMail, *, now: datetime) -> None:
    """Put a mail out of the way; it is kept, and nobody is told."""
    need(session, actor, Permission.MANAGE_SUPPORT)
    _require_held(mail)
    mail.stage, mail.outcome = Stage.REJECTED, Became.REJECTED
    _write_mail(session, "rejected", mail, actor, now)


def bring(
    session: Session, actor: User, intake: Intake, raw: bytes, store: Store, *, now: datetime
) -> int | None:
    """Take in a mail that an agent has as a file, as if it had come by this mailbox."""
    require(session, actor, Level.CREATE, intake.task_list)
    if not raw.strip():
        raise Invalid(file="This file is empty.")
    arrived = [Arrived(raw, brought=True)]
    ids = arrivals.journal(
        session, intake.mailbox, arrived, arrivals.store(store, arrived), now=now
    )
    journal.record(
        session, "mail_brought", "mailbox", intake.mailbox_id, actor=actor, at=now,
        of=intake.mailbox.name, mail=[None, ids[0]],
    )  # fmt: skip
    return ids[0]


def held(session: Session) -> int:
    """How many mails are in quarantine, 1,001 at most."""
    some = select(InboundMail.id).where(InboundMail.stage == Stage.QUARANTINED).limit(1001)
    return session.scalar(select(func.count()).select_from(some.subquery())) or 0


def feedable() -> Any:
    """Lists that a mailbox can feed."""
    return (
        select(TaskList)
        .where(TaskList.role == Role.SUPPORT, TaskList.archived.is_(False))
        .order_by(TaskList.is_default.desc(), TaskList.position, TaskList.name)
    )


def _put(session: Session, mailbox: Mailbox, values: Mapping[str, Any], seal: Seal) -> None:
    name = named(values["name"])
    address = folded(checked_address(values["address"]))
    with session.no_autoflush:
        for column, value, said in (
            (Mailbox.name, name, "name"),
            (Mailbox.address, address, "address"),
        ):
            other = session.scalar(select(Mailbox.id).where(column == value))
            if other is not None and other != mailbox.id:
                raise Invalid(**{said: "Another mailbox has this already."})
        if people.by_address(session, address):
            raise Invalid(address="A person here has this address. A mailbox needs one of its own.")
    _check(values)
    _put_secrets(mailbox, values, seal)
    mailbox.name, mailbox.address = name, address
    for each in PLAIN:
        value = values[each]
        setattr(mailbox, each, one_line(value) if isinstance(value, str) else value)
    mailbox.aliases = "\n".join(_aliases(values["aliases"]))
    if mailbox.from_address:
        mailbox.from_address = checked_address(mailbox.from_address)


def _put_secrets(mailbox: Mailbox, values: Mapping[str, Any], seal: Seal) -> None:
    """A secret is for the server that it was entered for: nobody gets it by naming theirs."""
    for name, (column, server) in SECRETS.items():
        if values.get(name):
            setattr(mailbox, column, seal.close(values[name]))
        elif getattr(mailbox, column) and any(
            str(getattr(mailbox, each)) != one_line(str(values[each])) for each in server
        ):
            asked = values["auth" if name == "secret" else "smtp_auth"] == Auth.PASSWORD
            if asked and one_line(values["host" if name == "secret" else "smtp_host"]):
                raise Invalid(**{name: "This is another server: please enter the password again."})
            setattr(mailbox, column, "")  # consent is asked for anew


def _check(values: Mapping[str, Any]) -> None:
    problems = {}
    if values["protocol"] != Protocol.NONE and not one_line(values["host"]):
        problems["host"] = "Please enter the server."
    for host, tls in (("host", "tls"), ("smtp_host", "smtp_tls")):
        server = one_line(values[host])
        if server and (" " in server or "/" in server or "@" in server):
            problems[host] = "Please enter a name such as mail.example.org."
        if server and values[tls] == Tls.PLAIN and server not in LOOPBACK:
            problems[tls] = "Without TLS the password would go out in the clear."
    for name, kind in (("protocol", Protocol), ("tls", Tls), ("auth", Auth), ("after", After)):
        if values[name] not in [str(each) for each in kind]:
            problems[name] = "Please choose one of these."
    if problems:
        raise Invalid(**problems)


def _aliases(text: str) -> list[str]:
    found = [folded(checked_alias(each)) for each in text.replace(",", " ").split()]
    if len(found) > MOST_ALIASES:
        raise Invalid(aliases=f"At most {MOST_ALIASES} addresses.")
    return found


def checked_alias(address: str) -> str:
    """An alias as it may be kept; raises Invalid(aliases=...) where it is no address."""
    try:
        return checked_address(address)
    except Invalid as refusal:
        raise Invalid(aliases=f"{address} is no e-mail address.") from refusal


def _intake(session: Session, values: Mapping[str, Any]) -> dict[str, Any]:
    task_list = session.get(TaskList, values["task_list_id"] or 0)
    if task_list is None or task_list.role != Role.SUPPORT or task_list.archived:
        raise Invalid(task_list_id="Please choose a list.")
    unknown = Unknown(values["unknown"])
    group = session.get(Group, values["register_group_id"] or 0)
    if unknown == Unknown.REGISTER and (group is None or group.kind == GroupKind.PERSONAL):
        raise Invalid(register_group_id="Please choose the group that new people belong to.")
    if group is not None and is_powerful(session, group):
        raise Invalid(register_group_id="This group may do more than ask for support.")
    location = session.get(Location, values["location_id"] or 0)
    return {
        "task_list_id": task_list.id,
        "unknown": unknown,
        "register_group_id": group.id if group else None,
        "location_id": location.id if location else None,
    }


def _require_held(mail: InboundMail) -> None:
    if mail.stage not in (Stage.QUARANTINED, Stage.REJECTED):
        raise Conflict("Somebody else has decided on this mail meanwhile.")


def _write(
    session: Session, act: str, mailbox: Mailbox, actor: User, now: datetime, **changes: Any
) -> None:
    journal.record(
        session, act, "mailbox", mailbox.id, actor=actor, at=now, of=mailbox.name, **changes
    )


def _write_mail(session: Session, act: str, mail: InboundMail, actor: User, now: datetime) -> None:
    journal.record(
        session, act, "inbound_mail", mail.id, actor=actor, at=now, of=mail.subject or "a mail"
    )
