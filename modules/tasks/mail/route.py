"""Mail into tickets: gather the facts, decide, and do it through the use cases.

Called with each mail of the journal, in the transaction that records its outcome.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.events import emit
from groupware.mailboxes.outcome import Arrival, Became, Kept, Outcome
from groupware.memory import remembered
from groupware.models import OutboundMail, User
from groupware.people import folded
from modules.tasks import conversation, files, tickets
from modules.tasks.access import may_submit
from modules.tasks.history import changed
from modules.tasks.mail import senders, threads
from modules.tasks.mail.decide import Act, Decision, decide
from modules.tasks.mail.events import DeliveryReported, TicketMailed
from modules.tasks.mail.models import Contact, Intake, IntakeRule, Placement
from modules.tasks.mail.text import subject_of, text_of
from modules.tasks.models import Comment, Kind, Task, TaskList, Urgency

SOURCE = "mail"
UNREADABLE = "This mail could not be read. The original is attached."
UNREADABLE_SUBJECT = "A mail that could not be read"
BEGINNING = (
    "Only its beginning was fetched: the mail is larger than 30 MB and is still on the server."
)


def take(session: Session, arrival: Arrival) -> Outcome | None:
    """Put a mail where it belongs; None where its mailbox feeds no list."""
    number = arrival.mail.mailbox_id
    intake = remembered(session, ("intake", number), lambda: session.get(Intake, number))
    if intake is None:
        return None
    task_list = list_for(arrival, intake)
    named = threads.named(session, arrival)
    # Nothing else that is asked depends on what the mails before it in the run have done.
    with session.no_autoflush:
        person = senders.person_of(session, arrival)
        decision = decide(
            arrival.message,
            senders.candidate_of(session, arrival, named, person),
            senders.facts(session, arrival, person, task_list),
            unknown=intake.unknown,
            released=arrival.mail.released,
        )
    route = _Route(session, arrival, intake, task_list, person, decision)
    return route.done()


def list_for(arrival: Arrival, intake: Intake) -> TaskList:
    """The list that new mail of this mailbox goes to: by the first rule that fits, or its own."""
    told = {
        "recipient": " ".join(threads.recipients(arrival)),
        "subject": arrival.message.subject,
        "sender": arrival.mail.sender,
    }
    for rule in intake.rules:
        if _fits(rule, told) and not rule.task_list.archived:
            return rule.task_list
    return intake.task_list


def _fits(rule: IntakeRule, told: dict[str, str]) -> bool:
    return rule.words.casefold() in told.get(rule.field, "").casefold()


class _Route:
    """One mail on its way, with what was decided."""

    def __init__(
        self,
        session: Session,
        arrival: Arrival,
        intake: Intake,
        task_list: TaskList,
        person: User | None,
        decision: Decision,
    ) -> None:
        self.session, self.arrival, self.intake = session, arrival, intake
        self.task_list, self.person, self.decision = task_list, person, decision
        self.message, self.mail = arrival.message, arrival.mail
        self.now = _date(arrival)
        self.source = "import" if arrival.mail.archive else SOURCE
        left_out = list(arrival.left_out) + ([] if arrival.mail.whole else [BEGINNING])
        self.text = text_of(arrival.message, left_out, own=decision.own_words)
        self.contact: Contact | None = None  # held, so that the session need not read it back

    def done(self) -> Outcome:
        """Do what was decided."""
        acts: dict[Act, Callable[[], Outcome]] = {
            Act.FILE: self._file,
            Act.REGISTER: self._register,
            Act.CONTACT: self._contact,
            Act.RESPOND: self._respond,
            Act.OVERHEAR: self._overhear,
            Act.REPLY: self._reply,
            Act.NOTE: self._note,
            Act.UNREADABLE: self._unreadable,
            Act.BOUNCE: self._bounce,
            Act.QUARANTINE: lambda: self._told(Became.QUARANTINED),
            Act.REJECT: lambda: self._told(Became.REJECTED),
        }
        return acts[self.decision.act]()

    def _file(self) -> Outcome:
        assert self.person is not None  # noqa: S101  # decided by who the sender is
        location = senders.location_for(self.session, self.person, self.intake)
        ticket = tickets.begin(
            self.session,
            self.person,
            customer=self.person,
            task_list=self.task_list,
            location=location,
            subject=subject_of(self.message),
            details=self.text.body,
            priority=Urgency.NORMAL.priority,
            now=self.now,
            source=self.source,
            at_once=False,
        )
        return self._filed(ticket, self.person)

    def _register(self) -> Outcome:
        self.person = senders.register(self.session, self.arrival, self.intake)
        if self.person is None or not may_submit(self.session, self.person, self.task_list):
            return self._contact()
        return self._file()

    def _contact(self) -> Outcome:
        ticket = self._begun_for_nobody(subject_of(self.message), self.text.body)
        sender = self.message.sender
        if sender is not None and "@" in sender.email:
            sure = self.message.identified and not self.decision.doubt
            self.contact = Contact(
                task=ticket,
                address=sender.email[:320],
                # Who is not certain to have written answers to nothing.
                folded=folded(sender.email)[:320] if sure else "",
                name=sender.name[:200],
            )
            self.session.add(self.contact)
        return self._filed(ticket, None)

    def _unreadable(self) -> Outcome:
        subject = subject_of(self.message) if self.message.subject else UNREADABLE_SUBJECT
        why = "\n\n".join([UNREADABLE, *self.message.problems[:5]])[: tickets.LONGEST_TEXT]
        ticket = self._begun_for_nobody(subject, why)
        files.attach(
            self.session, None, ticket, None, [self.arrival.original], now=self.now, most=None
        )
        self._place(ticket, None)
        tickets.tell_filed(self.session, None, ticket, now=self.now)
        return self._told(Became.UNREADABLE, ticket)

    def _begun_for_nobody(self, subject: str, details: str) -> Task:
        return tickets.begin(
            self.session,
            None,
            customer=None,
            task_list=self.task_list,
            location=None,
            subject=subject,
            details=details,
            priority=Urgency.NORMAL.priority,
            now=self.now,
            source=self.source,
            at_once=False,
        )

    def _filed(self, ticket: Task, person: User | None) -> Outcome:
        self._attach(person, ticket, None)
        self._place(ticket, None)
        tickets.tell_filed(self.session, person, ticket, now=self.now)
        if self.decision.ticket and (
            other := threads.following(self.session, self.decision.ticket)
        ):
            _link(self.session, ticket, other, now=self.now)
        self._tell(ticket, None, person)
        if not self.mail.archive:
            senders.one_more(self.session, self.arrival)
        return self._told(Became.TICKET, ticket)

    def _respond(self) -> Outcome:
        ticket = self._candidate()
        if conversation.is_over(ticket, self.now):
            if self.person is None:
                return self._contact()
            comment = conversation.respond(
                self.session, self.person, ticket, self.text.body, now=self.now, source=self.source
            )
        else:
            comment = conversation.take(
                self.session, self.person, ticket, self.text.body, now=self.now, source=self.source
            )
        return self._said(comment, self.person)

    def _overhear(self) -> Outcome:
        ticket = self._candidate()
        comment = self._add(ticket, self.person, Kind.REPLY)
        changed(
            self.session, self.person, ticket, "answered_by_machine", now=self.now, public=True,
            comment=comment.id,
        )  # fmt: skip
        return self._said(comment, self.person)

    def _reply(self) -> Outcome:
        assert self.person is not None  # noqa: S101  # decided by who the sender is
        ticket = self._candidate()
        comment = conversation.reply(
            self.session, self.person, ticket, self.text.body, now=self.now, source=self.source
        )
        return self._said(comment, self.person)

    def _note(self) -> Outcome:
        """A note of nobody's: what an unproven mail says of its writer stands beside it."""
        ticket = self._candidate()
        comment = self._add(ticket, None, Kind.NOTE)
        changed(self.session, None, ticket, "noted", now=self.now, public=False, comment=comment.id)
        return self._said(comment, None)

    def _add(self, ticket: Task, author: User | None, kind: Kind) -> Comment:
        return conversation.say(
            self.session, author, ticket, kind, self.text.body,
            now=self.now, source=self.source, staff=kind == Kind.NOTE,
        )  # fmt: skip

    def _said(self, comment: Comment, person: User | None) -> Outcome:
        self._attach(person, comment.task, comment)
        self._place(comment.task, comment)
        self._tell(comment.task, comment, person)
        return self._told(Became.REPLY, comment.task, comment)

    def _bounce(self) -> Outcome:
        bounce = self.message.bounce
        assert bounce is not None  # noqa: S101  # decided by it
        delivery = threads.report(self.arrival) or _delivery_named(
            self.session, self.arrival, bounce.message_id
        )
        if delivery is None:
            return Outcome(Became.BOUNCE, "It names no mail of ours, so it changes nothing.")
        emit(self.session, DeliveryReported(delivery=delivery, bounce=bounce, mail=self.mail))
        return Outcome(Became.BOUNCE, f"It reports on outgoing mail {delivery}.")

    def _candidate(self) -> Task:
        ticket = threads.following(self.session, self.decision.ticket or 0)
        assert ticket is not None  # noqa: S101  # found in this transaction
        return ticket

    def _attach(self, person: User | None, ticket: Task, comment: Comment | None) -> None:
        kept: tuple[Kept, ...] = self.arrival.files
        files.attach(self.session, person, ticket, comment, kept, now=self.now, most=None)

    def _place(self, ticket: Task, comment: Comment | None) -> None:
        also = senders.also_written_to(self.session, self.message)
        self.session.add(
            Placement(
                inbound_mail_id=self.mail.id,
                task=ticket,
                comment_id=comment.id if comment else None,
                reason=f"{self.decision.reason} {also}".strip(),
                doubt=self.decision.doubt,
                quoted=self.text.quoted,
                at=self.arrival.now,
            )
        )

    def _tell(self, ticket: Task, comment: Comment | None, person: User | None) -> None:
        quiet = self.message.auto or ("an archive" if self.mail.archive else "")
        if not quiet and not self.message.identified:
            quiet = "its sender is not certain"
        emit(
            self.session,
            TicketMailed(
                ticket=ticket,
                by=person,
                at=self.now,
                mail=self.mail,
                comment=comment,
                quiet=quiet,
                contact=self.contact,
            ),
        )

    def _told(
        self, became: Became, ticket: Task | None = None, comment: Comment | None = None
    ) -> Outcome:
        reason = " ".join(filter(None, (self.decision.reason, self.decision.doubt)))
        return Outcome(
            became, reason, ticket.id if ticket else None, comment.id if comment else None
        )


def _date(arrival: Arrival) -> datetime:
    """Now; an archive's mail keeps its own date, where that can be."""
    date = arrival.message.date
    if arrival.mail.archive and date and date < arrival.now + timedelta(days=1):
        return min(date, arrival.now)
    return arrival.now


def _link(session: Session, ticket: Task, other: Task, *, now: datetime) -> None:
    tickets.join(session, None, ticket, other, now=now)


def _delivery_named(session: Session, arrival: Arrival, message_id: str) -> int | None:
    """The outgoing mail of this Message-ID; nobody but its receivers could know it."""
    if not message_id or arrival.marks.of_message_id(message_id) is None:
        return None
    wanted = f"<{message_id.strip('<> ')}>"
    return session.scalar(select(OutboundMail.id).where(OutboundMail.message_id == wanted))
