"""Merging and splitting: nothing is lost, and nobody reads more than before."""

import io
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from groupware import blobs, uploads
from groupware.errors import Forbidden, Invalid
from groupware.models import Level, User
from modules.tasks import checks, conversation, tickets
from modules.tasks.models import Attachment, Comment, Kind, Link, Participant, Task
from modules.tasks.queries import (
    asked_by,
    comments_asked_by,
    comments_worked_by,
    deleted_of,
    files_asked_by,
    merged_of,
    own_of,
    worked_by,
)
from tests.factories import Desk


@dataclass
class Pair:
    """A source with a reply, a note and a file with each; and a target."""

    source: Task
    into: Task
    reply: Comment
    note: Comment


@pytest.fixture
def store(tmp_path: Path) -> blobs.Store:
    return blobs.Folder(tmp_path / "files")


def file_of(desk: Desk, store: blobs.Store, name: str) -> list[uploads.Upload]:
    _, upload = uploads.receive(
        desk.session, store, desk.agent, name=name, stream=io.BytesIO(name.encode()),
        now=desk.make.now,
    )  # fmt: skip
    return [upload]


def pair(desk: Desk, store: blobs.Store, *, customer: User | None = None) -> Pair:
    into = desk.ticket(subject="Screen flickers")
    source = desk.ticket(
        customer=customer or desk.customer,
        subject="Quixotic screen",
        files=file_of(desk, store, "details.txt"),
    )
    said = {"now": desk.make.later()}
    reply = conversation.reply(
        desk.session, desk.agent, source, "Zeppelin.",
        incoming=file_of(desk, store, "reply.txt"), **said,
    )  # fmt: skip
    note = conversation.note(
        desk.session, desk.agent, source, "Xylophone.",
        incoming=file_of(desk, store, "note.txt"), **said,
    )  # fmt: skip
    return Pair(source, into, reply, note)


def consistent(desk: Desk) -> None:
    desk.session.flush()
    assert [*checks.counters(desk.session), *checks.change_numbers(desk.session)] == []


def read_by(desk: Desk, person: User) -> set[str]:
    """Every word that a person can read, by either face, of comments and of files' names."""
    found = set(desk.session.scalars(asked_by(person).with_only_columns(Task.summary)))
    found |= {c.body for c in desk.session.scalars(comments_asked_by(person))}
    return found | {f.name for f in desk.session.scalars(files_asked_by(person))}


def test_a_merge_keeps_every_message_file_person_and_link(desk: Desk, store: blobs.Store) -> None:
    two = pair(desk, store)
    friend = desk.make.customer()
    tickets.add_participant(desk.session, desk.agent, two.source, friend, now=desk.make.later())
    third = desk.ticket()
    tickets.link(desk.session, desk.agent, two.source, third, now=desk.make.later())
    tickets.merge(desk.session, desk.agent, two.source, two.into, admit=True, now=desk.make.later())
    consistent(desk)
    said = desk.session.scalars(comments_worked_by(desk.agent).where(
        Comment.task_id == two.into.id).order_by(Comment.created)).all()  # fmt: skip
    assert [(c.body.split()[0], c.kind) for c in said] == [
        ("Quixotic", Kind.REPLY), ("Zeppelin.", Kind.REPLY), ("Xylophone.", Kind.NOTE)
    ]  # fmt: skip
    names = select(Attachment.name).where(Attachment.task_id == two.into.id)
    assert set(desk.session.scalars(names)) == {"details.txt", "reply.txt", "note.txt"}
    people = select(Participant.user_id).where(Participant.task_id == two.into.id)
    assert set(desk.session.scalars(people)) == {desk.customer.id, friend.id}
    assert desk.session.get(Link, (two.into.id, third.id, "related"))
    assert two.into.summary == "Screen flickers"
    assert "note.txt" not in read_by(desk, desk.customer)
    assert {"Zeppelin.", "details.txt"} <= read_by(desk, desk.customer)


def test_the_old_number_leads_to_the_new_even_over_two_steps(
    desk: Desk, store: blobs.Store
) -> None:
    two, last = pair(desk, store), desk.ticket()
    tickets.merge(desk.session, desk.agent, two.source, two.into, now=desk.make.later())
    tickets.merge(desk.session, desk.agent, two.into, last, now=desk.make.later())
    assert tickets.followed(desk.session, two.source.id) == last.id
    assert tickets.followed(desk.session, last.id) == last.id
    assert tickets.followed(desk.session, 987654) == 987654
    hidden = {two.source.id, two.into.id}
    for face in (worked_by, asked_by, own_of):
        assert hidden.isdisjoint(t.id for t in desk.session.scalars(face(desk.customer)))
    manager = desk.manager
    assert desk.session.scalars(deleted_of(manager, desk.make.now)).all() == []
    assert len(desk.session.scalars(merged_of(manager, desk.make.now)).all()) == 2


# Whose the source is, whether somebody else takes part in the target, whether they are admitted:
# is the source's text public then, and does its customer still read something.
WIDENING = [
    ("same", False, False, True),
    ("same", True, False, False),
    ("same", True, True, True),
    ("other", False, False, False),
    ("other", False, True, False),
]


@pytest.mark.parametrize(("whose", "others", "admit", "public"), WIDENING)
def test_a_merge_lets_nobody_read_more(
    desk: Desk, store: blobs.Store, *, whose: str, others: bool, admit: bool, public: bool
) -> None:
    two = pair(desk, store, customer=desk.stranger if whose == "other" else None)
    friend = desk.make.customer()
    if others:
        tickets.add_participant(desk.session, desk.agent, two.into, friend, now=desk.make.later())
    everybody = (desk.customer, desk.stranger, friend)
    before = {person.id: read_by(desk, person) for person in everybody}
    effects = tickets.effects_of_merge(desk.session, two.source, two.into)
    tickets.merge(
        desk.session, desk.agent, two.source, two.into, admit=admit, now=desk.make.later()
    )
    consistent(desk)
    assert effects.public(admit=admit) == public
    assert ("Zeppelin." in read_by(desk, desk.customer)) == public
    for person in everybody:
        more = read_by(desk, person) - before[person.id]
        if not admit:
            assert all(text.startswith("Quixotic screen") for text in more)
            assert public or not more
        for words in ("Xylophone.", "note.txt"):
            assert words not in more


@pytest.mark.parametrize("here", [10, 30, 40])
@pytest.mark.parametrize("there", [10, 30])
def test_a_merge_needs_write_on_both_and_delete_across_lists(
    desk: Desk, store: blobs.Store, here: int, there: int
) -> None:
    two = pair(desk, store)
    person = desk.make.agent()
    other = desk.make.task_list(customers=[desk.customer], agents={person: Level(there)})
    two.into.task_list, two.into.task_list_id = other, other.id
    desk.make.allow(desk.list.agent_acl, person, Level(here))
    act = lambda: tickets.merge(  # noqa: E731
        desk.session, person, two.source, two.into, now=desk.make.later()
    )
    if here >= 40 and there >= 30:
        act()
        consistent(desk)
    else:
        with pytest.raises(Forbidden):
            act()
        assert two.source.merged_into_id is None


def test_a_merge_can_be_taken_back(desk: Desk, store: blobs.Store) -> None:
    two = pair(desk, store, customer=desk.stranger)
    before = read_by(desk, desk.stranger), read_by(desk, desk.customer)
    counts = (two.source.reply_count, two.source.note_count, two.source.file_count)
    tickets.merge(desk.session, desk.agent, two.source, two.into, admit=True, now=desk.make.later())
    later = desk.make.reply(two.into, desk.agent, "Afterwards.")
    assert read_by(desk, desk.stranger) == {"Screen flickers", "Afterwards."}
    tickets.unmerge(desk.session, desk.agent, two.source, two.into, now=desk.make.later())
    consistent(desk)
    assert (read_by(desk, desk.stranger), read_by(desk, desk.customer)) == (
        before[0],
        before[1] | {"Afterwards."},
    )
    assert later.task is two.into
    assert (two.source.reply_count, two.source.note_count, two.source.file_count) == counts
    with pytest.raises(Invalid):
        tickets.unmerge(desk.session, desk.agent, two.source, two.into, now=desk.make.later())


def test_a_response_that_is_split_off_is_its_authors_request(
    desk: Desk, store: blobs.Store
) -> None:
    ticket = desk.ticket()
    tickets.add_participant(desk.session, desk.agent, ticket, desk.stranger, now=desk.make.later())
    said = conversation.respond(
        desk.session, desk.stranger, ticket, "The Zeppelin leaks too.",
        incoming=file_of(desk, store, "leak.txt"), now=desk.make.later(),
    )  # fmt: skip
    made = tickets.split(desk.session, desk.agent, said, subject="Leak", now=desk.make.later())
    consistent(desk)
    assert (made.customer, made.description) == (desk.stranger, "The Zeppelin leaks too.")
    assert (made.file_count, ticket.file_count, ticket.reply_count) == (1, 0, 0)
    assert read_by(desk, desk.customer) == {ticket.summary}
    assert desk.session.get(Link, (made.id, ticket.id, "related"))


def test_a_reply_of_staff_is_split_off_as_a_reply(desk: Desk) -> None:
    ticket = desk.ticket()
    said = desk.make.reply(ticket, desk.agent, "Zeppelin.")
    made = tickets.split(desk.session, desk.agent, said, subject="Airship", now=desk.make.later())
    consistent(desk)
    assert (made.customer, made.description, said.task) == (desk.customer, "", made)


def test_a_note_that_is_split_off_stays_a_note(desk: Desk, store: blobs.Store) -> None:
    ticket = desk.ticket()
    said = conversation.note(
        desk.session, desk.agent, ticket, "Xylophone.",
        incoming=file_of(desk, store, "note.txt"), now=desk.make.later(),
    )  # fmt: skip
    before = read_by(desk, desk.customer)
    made = tickets.split(desk.session, desk.agent, said, subject="Music", now=desk.make.later())
    consistent(desk)
    assert (made.customer, said.kind, made.note_file_count) == (None, Kind.NOTE, 1)
    assert read_by(desk, desk.customer) == before
    tickets.hand_to(desk.session, desk.agent, made, desk.stranger, now=desk.make.later())
    assert read_by(desk, desk.stranger) == {"Music"}


def test_handing_over_clears_a_location_that_the_new_customer_may_not_use(desk: Desk) -> None:
    ticket, elsewhere = desk.ticket(), desk.make.location(desk.customer)
    tickets.locate(desk.session, desk.agent, ticket, elsewhere, now=desk.make.later())
    tickets.hand_to(desk.session, desk.agent, ticket, desk.stranger, now=desk.make.later())
    assert ticket.location is None
