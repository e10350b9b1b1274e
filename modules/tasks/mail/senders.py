"""Who wrote a mail, as far as a mail can say, and what part they have in a ticket."""

from collections import Counter
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from groupware.access import access_of, level_in
from groupware.errors import Invalid
from groupware.mail.ids import unmarked
from groupware.mail.message import Message
from groupware.mailboxes.models import InboundMail, Mailbox
from groupware.mailboxes.outcome import Arrival, Became
from groupware.memory import remembered
from groupware.models import Grant, Group, Level, Location, Membership, Permission, User
from groupware.people import ADDRESS, add_user, by_address, by_addresses, folded
from groupware.text import one_line
from modules.tasks.access import agent_level, may_submit, owns
from modules.tasks.mail.authenticity import proof
from modules.tasks.mail.decide import Candidate, Part, Sender, Standing
from modules.tasks.mail.models import Contact, Intake
from modules.tasks.mail.secrecy import reads_notes, why_secret
from modules.tasks.mail.threads import Named
from modules.tasks.models import Task, TaskList

HOUR = timedelta(hours=1)
MOST_LOOKED_AT = 200
MOST_TOLD = 8
"""Of the receivers of a mail: some have thousands."""


def person_of(session: Session, arrival: Arrival) -> User | None:
    """Whose address stands in From; only one clear address names anybody."""
    sender = arrival.message.sender
    if sender is None or not sender.email or not arrival.message.identified:
        return None
    known, address = _known(session, arrival), folded(sender.key)
    if address not in known:
        known[address] = by_address(session, address)
    return known[address]


def _known(session: Session, arrival: Arrival) -> dict[str, User | None]:
    """Those who write in this run, by their addresses."""
    return remembered(session, "people who write", lambda: by_addresses(session, arrival.senders))


def facts(session: Session, arrival: Arrival, person: User | None, task_list: TaskList) -> Sender:
    """What there is to know of the sender for a decision."""
    address = arrival.mail.sender
    name = person.name if person else address
    standing = _standing(session, arrival, person, task_list)
    counted = address and not arrival.mail.archive
    lately = _filed_lately(session, arrival)[address] if counted else 0
    said = proof(arrival.message, arrival.mailbox.authserv_id)
    if said == "pass" and arrival.mail.brought:
        said = ""  # no server of ours has vouched for a file
    return Sender(standing, name, said, lately)


def _filed_lately(session: Session, arrival: Arrival) -> Counter[str]:
    """The tickets of the last hour by who wrote them, of those that write in this run."""

    def counted() -> Counter[str]:
        rows = session.execute(
            select(InboundMail.sender, func.count().label("tickets"))
            .where(
                InboundMail.sender.in_(arrival.senders),
                InboundMail.processed_at > arrival.now - HOUR,
                InboundMail.outcome == Became.TICKET,
                InboundMail.archive.is_(False),
            )
            .group_by(InboundMail.sender)
        )
        return Counter({row.sender: row.tickets for row in rows})

    return remembered(session, "filed lately", counted)


def one_more(session: Session, arrival: Arrival) -> None:
    """Count the ticket that has just become of a mail."""
    _filed_lately(session, arrival)[arrival.mail.sender] += 1


def candidate_of(
    session: Session, arrival: Arrival, named: Named | None, person: User | None
) -> Candidate | None:
    """The ticket that a mail names, with its sender's part in it."""
    if named is None:
        return None
    part = _part(session, arrival, named, person)
    reads = part in (Part.OWN, Part.PROVEN_AGENT) and reads_notes(session, person, named.ticket)
    secret = why_secret(session, arrival, person, named.ticket) if person and reads else ""
    return Candidate(
        named.ticket.id, named.how, part, tag=named.tag, reads_notes=reads, secret=secret
    )


def location_for(session: Session, person: User, intake: Intake) -> Location | None:
    """The person's own default location, else the mailbox's, where they may file for it."""
    for number in (person.default_location_id, intake.location_id):
        location = session.get(Location, number) if number else None
        if (
            location is not None
            and not location.archived
            and level_in(session, person, location.acl_id) >= Level.READ
        ):
            return location
    return None


def register(session: Session, arrival: Arrival, intake: Intake) -> User | None:
    """An unverified account of the mailbox's group, without sign-in; None where there can be none."""
    sender = arrival.message.sender
    if sender is None or not ADDRESS.fullmatch(sender.email) or len(sender.email) > 320:
        return None
    name = one_line(sender.name)[:200] or sender.email[:200]
    try:
        person = add_user(session, name=name, address=sender.email, now=arrival.now, verified=False)
    except Invalid:
        return None
    group = session.get(Group, intake.register_group_id) if intake.register_group_id else None
    # It may have been given more since it was chosen: then it is not for strangers any more.
    if (
        group is not None
        and not is_powerful(session, group)
        and session.get(Membership, (person.id, group.id)) is None
    ):
        session.add(Membership(user_id=person.id, group_id=group.id))
        session.flush()
    # No longer a stranger to the other mails of this run.
    _known(session, arrival)[folded(sender.key)] = person
    return person


def is_powerful(session: Session, group: Group) -> bool:
    """True where a stranger who writes a mail would get more than a customer has."""
    given = session.scalars(select(Grant.permission).where(Grant.group_id == group.id))
    return any(permission != Permission.CREATE_TICKETS for permission in given)


def own_addresses(session: Session) -> set[str]:
    """Every address that is a mailbox here, folded."""
    return remembered(session, "own addresses", lambda: _own_addresses(session))


def _own_addresses(session: Session) -> set[str]:
    found = set()
    for address, aliases, sender in session.execute(
        select(Mailbox.address, Mailbox.aliases, Mailbox.from_address)
    ):
        found |= {folded(each) for each in (address, *aliases.split(), sender) if each}
    return found


def also_written_to(session: Session, message: Message) -> str:
    """Who else got a mail, for whoever answers it; nothing where nobody did."""
    known = {*own_addresses(session), folded(message.sender.email) if message.sender else ""}
    receivers = (*message.to, *message.cc)
    found = {folded(each.email): None for each in receivers[:MOST_LOOKED_AT] if "@" in each.email}
    others = [each for each in found if unmarked(each) not in known]
    if not others:
        return ""
    left = len(others[MOST_TOLD:]) + len(receivers[MOST_LOOKED_AT:])
    named = ", ".join(one_line(each)[:100] for each in others[:MOST_TOLD])
    return f"It also went to {named}{f' and {left} more' if left else ''}."


def _standing(
    session: Session, arrival: Arrival, person: User | None, task_list: TaskList
) -> Standing:
    sender = arrival.message.sender
    if sender is None or "@" not in sender.email or not arrival.message.all("from"):
        return Standing.NOBODY
    if unmarked(folded(sender.email)) in own_addresses(session):
        return Standing.OURSELVES
    if person is None:
        return Standing.UNKNOWN
    if not person.active:
        return Standing.INACTIVE
    if may_submit(session, person, task_list):
        return Standing.CUSTOMER
    return Standing.BARRED if not _was_made_by_mail(session, person) else Standing.UNKNOWN


def _was_made_by_mail(session: Session, person: User) -> bool:
    """An account without any right: a contact who happens to be known."""
    access = access_of(session, person)
    return not person.verified and not access.permissions


def _part(session: Session, arrival: Arrival, named: Named, person: User | None) -> Part:
    ticket = named.ticket
    if person is None:
        return Part.CONTACT if _is_contact(session, ticket, arrival) else Part.NONE
    if owns(session, person, ticket):
        return Part.OWN
    level = agent_level(session, person, ticket.task_list)
    if level >= Level.WRITE and _answers_own_notice(named, person):
        return Part.PROVEN_AGENT
    if level >= Level.READ:
        return Part.AGENT
    return Part.CONTACT if _is_contact(session, ticket, arrival) else Part.NONE


def _answers_own_notice(named: Named, person: User) -> bool:
    answer = named.answer
    return (
        answer is not None
        and answer.user == person.id
        and answer.credential_number == person.credential_number
    )


def _is_contact(session: Session, ticket: Task, arrival: Arrival) -> bool:
    contact = session.get(Contact, ticket.id)
    return (
        contact is not None
        and arrival.message.identified
        and contact.folded != ""
        and contact.folded == arrival.mail.sender
    )
