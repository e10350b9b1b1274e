"""One ticket, and somebody who stands to it as told."""

import io
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from groupware import uploads
from groupware.blobs import Store
from groupware.errors import NotFound
from groupware.models import JournalEntry, Level, Permission, User
from modules.support.bulk import acts as bulk
from modules.tasks import checklists, conversation, fields, queries, tickets
from modules.tasks.checklists import ChecklistItem
from modules.tasks.fields import CustomField, FieldValue
from modules.tasks.letters import delivery, taking_back
from modules.tasks.macros.models import Macro
from modules.tasks.macros.running import run
from modules.tasks.mail import moving
from modules.tasks.models import (
    Attachment,
    Category,
    Comment,
    Kind,
    Link,
    Participant,
    State,
    Task,
    TaskList,
    Urgency,
    Waiting,
    WebLink,
)
from modules.tasks.together import drafts, followers, presence
from modules.tasks.together.models import Doing
from tests.factories import PASSWORD, Make
from tests.letters.office import came, mailbox
from tests.rules.policy import STANDINGS, Standing


class Plan(NamedTuple):
    """A file whose bytes are in the store already."""

    name: str = "plan.txt"
    content_type: str = "text/plain"
    size: int = 3
    sha256: str = "a" * 64


class World:
    """One ticket, and somebody who stands to it as told."""

    def __init__(self, session: Session, who: Standing, store: Store | None = None) -> None:
        self.session = session
        self.make = make = Make(session)
        self.customer = make.customer(organisation="Maple")
        self.companion = make.customer()
        self.agent = make.agent()
        self.location = make.location(self.customer)
        self.list: TaskList = make.task_list(
            customers=[self.customer], agents=[self.agent], colleagues_see=who.colleague
        )
        self.person = self._person(who)
        self.make.allow(self.list.customer_acl, self.companion, Level.CREATE)
        self.elsewhere: TaskList = make.task_list(
            customers=[self.customer], agents={self.person: Level.MANAGE}
        )
        self.category: Category = make.category()
        self.field = CustomField(
            task_list_id=self.list.id, slug="device", name="Device", kind="text"
        )
        own = make.acl({self.person: Level.MANAGE})
        self.macro = Macro(name="Done", steps={"state": "resolved"}, acl=own, modified=make.now)
        session.add_all([self.field, self.macro])
        self.who, self.store = who, store
        self._beside: User | None = None
        self.said: Comment | None = None
        self.begin()

    def begin(self) -> None:
        """A ticket as good as new, to which the person stands as before."""
        session, make = self.session, self.make
        self.ticket = make.ticket(
            self.customer, self.list, subject="Zephyr fails", location=self.location
        )
        tickets.add_participant(session, self.agent, self.ticket, self.companion, now=make.later())
        if self.who.takes_part:
            session.add(Participant(task_id=self.ticket.id, user_id=self.person.id))
        self.reply = conversation.reply(
            session, self.agent, self.ticket, "Quixotic.", incoming=self._file(), now=make.later()
        )
        self.note = conversation.note(
            session, self.agent, self.ticket, "Xylophone.", incoming=self._file(), now=make.later()
        )
        self.other = make.ticket(self.customer, self.list, location=self.location)
        self.far = make.ticket(self.customer, self.elsewhere, location=self.location)
        self.item = checklists.add_item(
            session, self.agent, self.ticket, "Yellow", now=make.later()
        )
        if self.who.closed:
            tickets.set_state(session, self.agent, self.ticket, State.CLOSED, now=make.later())
        session.flush()

    def ready(self, act: str) -> bool:
        """Do what must have happened before this act can be tried; whether there is anything."""
        session, now = self.session, self.make.later()
        if act == "unlink":
            tickets.link(session, self.agent, self.ticket, self.other, now=now)
        elif act == "take apart":
            tickets.merge(session, self.agent, self.ticket, self.other, now=now)
        elif act == "bring back":
            tickets.delete(session, self._manager(), self.ticket, now=now)
        elif "draft" in act and act not in ("keep a draft", "share a draft"):
            drafts.share(session, self.agent, self.ticket, Kind.NOTE, "Violet", now=now)
        elif "message" in act or act == "split a response":
            who = self.customer if "message" in act else self.companion
            self.said = conversation.respond(session, who, self.ticket, "Umbrella.", now=now)
            box = mailbox(session, self.list, f"box{self.said.id}@desk.example")
            came(session, box, self.ticket, who.address, f"m{self.said.id}@home.example", self.said)
        else:
            return False
        session.flush()
        return True

    def _manager(self) -> User:
        """Somebody beside, who may do everything."""
        if self._beside is None:
            self._beside = self.make.manager()
        return self._beside

    def _file(self) -> list[uploads.Upload]:
        if self.store is None:
            return []
        _, upload = uploads.receive(
            self.session,
            self.store,
            self.agent,
            name="cable.txt",
            stream=io.BytesIO(b"a cable"),
            now=self.make.now,
        )
        return [upload]

    def file_of(self, comment: Comment) -> Attachment:
        """The file that came with a comment."""
        return self.session.scalars(
            select(Attachment).where(Attachment.comment_id == comment.id)
        ).one()

    def _person(self, who: Standing) -> User:
        permissions = [
            permission
            for permission, held in (
                (Permission.CREATE_TICKETS, who.create_tickets),
                (Permission.MANAGE_TICKETS, who.manage_tickets),
                (Permission.MANAGE_SUPPORT, who.manage_support),
                (Permission.ADMINISTER, who == STANDINGS["administrator only"]),
            )
            if held
        ]
        person = self.make.user(*permissions, password=PASSWORD)
        person.active = who.active
        person.organisation = "Maple" if who.colleague else ""
        if who.agent_entry:
            self.make.allow(self.list.agent_acl, person, Level(who.agent_entry))
        return person

    def do(self, act: str) -> None:
        """Let the person do it, through the use case that every door calls."""
        session, person, ticket, now = self.session, self.person, self.ticket, self.make.later()
        acts: dict[str, Callable[[], object]] = {
            "see": lambda: self._see(queries.visible_to(person)),
            "see notes": self._see_note,
            "respond": lambda: conversation.respond(session, person, ticket, "Yes.", now=now),
            "edit": lambda: tickets.edit(
                session, person, ticket, subject="New", details="words", now=now
            ),
            "reply": lambda: conversation.reply(session, person, ticket, "Hello.", now=now),
            "note": lambda: conversation.note(session, person, ticket, "Hm.", now=now),
            "resolve": lambda: tickets.set_state(session, person, ticket, State.RESOLVED, now=now),
            "wait": lambda: tickets.wait(
                session, person, ticket, waiting=Waiting.THIRD_PARTY, now=now
            ),
            "assign": lambda: tickets.assign(session, person, ticket, to=None, now=now),
            "categorise": lambda: tickets.categorise(
                session, person, ticket, [self.category], now=now
            ),
            "urgency": lambda: tickets.set_urgency(session, person, ticket, Urgency.HIGH, now=now),
            "due": lambda: tickets.set_due(session, person, ticket, due=now, now=now),
            "locate": lambda: tickets.locate(session, person, ticket, self.location, now=now),
            "hand over": lambda: tickets.hand_to(session, person, ticket, self.companion, now=now),
            "add participant": lambda: tickets.add_participant(
                session, person, ticket, self.agent, now=now
            ),
            "remove participant": lambda: tickets.remove_participant(
                session, person, ticket, self.companion, now=now
            ),
            "move": lambda: tickets.move(session, person, ticket, self.elsewhere, now=now),
            "link": lambda: tickets.link(session, person, ticket, self.other, now=now),
            "unlink": lambda: tickets.unlink(session, person, ticket, self.other, now=now),
            "link a page": lambda: tickets.add_web_link(
                session, person, ticket, "https://maple.example/", now=now
            ),
            "add a file": lambda: tickets.add_files(session, person, ticket, [Plan()], now=now),
            "merge": lambda: tickets.merge(session, person, ticket, self.other, now=now),
            "merge elsewhere": lambda: tickets.merge(session, person, ticket, self.far, now=now),
            "split": lambda: tickets.split(session, person, self.reply, subject="New", now=now),
            "split a note": lambda: tickets.split(
                session, person, self.note, subject="New", now=now
            ),
            "split a response": lambda: tickets.split(
                session, person, self._said(), subject="New", now=now
            ),
            "take apart": lambda: tickets.unmerge(session, person, ticket, self.other, now=now),
            "move a message": lambda: moving.move(
                session, person, self._said(), self.other, now=now
            ),
            "move a message elsewhere": lambda: moving.move(
                session, person, self._said(), self.far, now=now
            ),
            "see what became of mails": lambda: self._see(queries.worked_by(person)),
            "try mail again": lambda: delivery.retry(session, person, self.reply, now=now),
            "take one's reply back": lambda: self._take_back(now),
            "take from the checklist": lambda: checklists.remove_item(
                session, person, ticket, self.item, now=now
            ),
            "add to the checklist": lambda: checklists.add_item(
                session, person, ticket, "Violet", now=now
            ),
            "check off": lambda: checklists.check_item(
                session, person, ticket, self.item, done=True, now=now
            ),
            "many at once": lambda: self._many(now),
            "answer a field": lambda: fields.write(
                session, person, ticket, {"device": "Violin"}, now=now
            ),
            "run a macro": lambda: run(session, person, ticket, self.macro, now=now),
            "be there": lambda: presence.say(session, person, ticket, Doing.VIEWING, now=now),
            "follow": lambda: followers.follow(session, person, ticket, now=now),
            "keep a draft": lambda: drafts.keep(
                session, person, ticket, Kind.NOTE, "Violet", now=now
            ),
            "share a draft": lambda: drafts.share(
                session, person, ticket, Kind.NOTE, "Violet", now=now
            ),
            "see shared drafts": self._see_draft,
            "take a shared draft": lambda: drafts.take(
                session, person, ticket, self.agent.id, now=now
            ),
            "drop another's draft": lambda: drafts.drop(session, person, ticket, self.agent.id),
            "bring back": lambda: tickets.restore(session, person, ticket, now=now),
            "delete": lambda: tickets.delete(session, person, ticket, now=now),
            "delete comment": lambda: conversation.delete_comment(
                session, person, self.reply, now=now
            ),
        }
        acts[act]()

    def _said(self) -> Comment:
        assert self.said is not None, "ready() first"
        return self.said

    def _take_back(self, now: datetime) -> None:
        reply = conversation.reply(self.session, self.person, self.ticket, "Oh.", now=now)
        self.session.flush()
        taking_back.take_back(self.session, self.person, reply, now=now)

    def _see_draft(self) -> None:
        if not drafts.shared_in(self.session, self.person, self.ticket):
            raise NotFound

    def _many(self, now: datetime) -> None:
        """As a run does it to each ticket."""
        query = queries.worked_by(self.person).where(Task.id == self.ticket.id)
        if self.session.scalar(query) is None:
            raise NotFound
        act = bulk.ACTS["urgency"]
        act.do(self.session, self.person, self.ticket, {"to": "urgent"}, now)

    def _see(self, query: object) -> None:
        if self.session.scalar(query.where(Task.id == self.ticket.id)) is None:  # type: ignore[attr-defined]
            raise NotFound

    def _see_note(self) -> None:
        query = queries.comments_worked_by(self.person).where(Comment.id == self.note.id)
        if self.session.scalar(query) is None:
            raise NotFound

    def state(self) -> object:
        """Everything of the ticket, to see whether a refusal changed anything."""
        self.session.flush()
        rows: list[object] = []
        models = (
            Task,
            Comment,
            Participant,
            Attachment,
            JournalEntry,
            ChecklistItem,
            Link,
            WebLink,
            FieldValue,
        )
        for model in models:
            columns = list(inspect(model).columns)
            rows.append(self.session.execute(select(*columns)).all())
        return rows
