"""What a person may see: the only place where tasks, comments and files are selected from.

Three faces, each a `Select` to compose on:
- `worked_by`: as an agent of the list (A >= READ): everything;
- `asked_by`: as its customer or a participant: the public part;
- `visible_to`: either.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    or_,
    select,
    text,
)
from sqlalchemy.orm import aliased

from groupware.access import granted, once_a_person, with_permission
from groupware.access import locations_of as locations_of  # noqa: PLC0414  # the core's, asked for here
from groupware.models import Level, Permission, User
from modules.tasks.models import (
    RESOLVED,
    Attachment,
    Category,
    Comment,
    Kind,
    Participant,
    Role,
    State,
    Task,
    TaskList,
    Waiting,
)

RESTORABLE = timedelta(days=30)
"""How long what was deleted can be brought back."""


class Reader:
    """Stands for whoever it will be: statements of hot pages are built once, and bind `reader`."""

    id: Any = bindparam("reader", type_=Integer())


class ItsList:
    """Stands for the list of whichever ticket it will be; binds `list` and `acl`."""

    id: Any = bindparam("list", type_=Integer())
    agent_acl_id: Any = bindparam("acl", type_=Integer())


ANYBODY = cast(User, Reader())
ITS_LIST = cast(TaskList, ItsList())


def visible_to(user: User) -> Select[Task]:
    """Tasks the person may read: as an agent of the list, or as a participant of the ticket."""
    return _there().where(or_(_works_on(user), _asks_in(user)))


def worked_by(user: User, level: Level = Level.READ) -> Select[Task]:
    """Tasks of the lists on which the person has at least this level as an agent."""
    return _there().where(_works_on(user, level))


def asked_by(user: User) -> Select[Task]:
    """Tasks the person may read as a customer: own ones, and colleagues' where the list says so."""
    return _there().where(_asks_in(user))


def own_of(user: User) -> Select[Task]:
    """Tasks whose customer or participant the person is."""
    return _there().where(_is_customer(user), Task.id.in_(_participations(user)))


def own_elsewhere(user: User) -> Select[Task]:
    """One's own tasks in lists that one does not work on, or that are archived."""
    worked = lists_worked_by(user).where(TaskList.archived.is_(False))
    return own_of(user).where(Task.task_list_id.not_in(worked.with_only_columns(TaskList.id)))


def shared_with(user: User) -> Select[Task]:
    """Colleagues' tasks that the person may read, since the list shares them, and has no part in."""
    return _there().where(_asks_in(user), Task.id.not_in(_participations(user)))


def deleted_of(user: User, now: datetime) -> Select[Task]:
    """Deleted tasks that the person can still bring back."""
    return select(Task).where(
        Task.deleted_at > now - RESTORABLE,
        Task.merged_into_id.is_(None),
        _works_on(user, Level.DELETE),
    )


def merged_of(user: User, now: datetime) -> Select[Task]:
    """Tasks that were merged into others, and that the person can still take apart again."""
    return merged_after(user, now - RESTORABLE)


def merged_after(user: User, time: datetime | BindParameter[datetime | None]) -> Select[Task]:
    """The same, where the time is known after which they were merged."""
    return select(Task).where(
        Task.merged_into_id.is_not(None),
        Task.deleted_at > time,
        _works_on(user, Level.WRITE),
    )


def leading_to(number: int) -> Select[int | None]:
    """The number of the ticket that this one was merged into, whoever may see it."""
    return select(Task.merged_into_id).where(Task.id == number)


def lists_worked_by(user: User, level: Level = Level.READ) -> Select[TaskList]:
    """Task lists on which the person has at least this level as an agent."""
    return select(TaskList).where(TaskList.id.in_(_lists(user, level)))


def lists_open_to(user: User) -> Select[TaskList]:
    """Ticket types in which the person may file a request, in the managers' order."""
    return (
        select(TaskList)
        .where(
            _is_customer(user),
            TaskList.role == Role.SUPPORT,
            TaskList.archived.is_(False),
            TaskList.customer_acl_id.in_(granted(user, Level.CREATE)),
        )
        .order_by(TaskList.is_default.desc(), TaskList.position, TaskList.name)
    )


def comments_worked_by(user: User) -> Select[Comment]:
    """Replies and notes of the lists that the person works on."""
    return select(Comment).where(_of_ticket(Comment, _works_on(user)))


def comments_asked_by(user: User) -> Select[Comment]:
    """Replies of the tickets that the person reads as a customer; a note is never among them."""
    return select(Comment).where(Comment.kind == Kind.REPLY, _of_ticket(Comment, _asks_in(user)))


def replies() -> Select[Comment]:
    """Replies of tickets that are there, whoever asks: what mail carries, and no note is among them."""
    there = _of_ticket(Comment, Task.deleted_at.is_(None))
    return select(Comment).where(Comment.kind == Kind.REPLY, there)


def files_of_reply(comment: Comment) -> Select[Attachment]:
    """The files of a reply, to go along with it; none where it is a note."""
    return select(Attachment).where(Attachment.comment_id == comment.id, _public())


def files_worked_by(user: User) -> Select[Attachment]:
    """Files of the tickets of the lists that the person works on, those of notes included."""
    return select(Attachment).where(_of_ticket(Attachment, _works_on(user)))


def files_asked_by(user: User) -> Select[Attachment]:
    """Public files of the tickets that the person reads as a customer."""
    return select(Attachment).where(_public(), _of_ticket(Attachment, _asks_in(user)))


def files_visible_to(user: User) -> Select[Attachment]:
    """Files the person may fetch, by either face."""
    return select(Attachment).where(
        or_(
            _of_ticket(Attachment, _works_on(user)),
            and_(_public(), _of_ticket(Attachment, _asks_in(user))),
        )
    )


def lists_that_close() -> Select[TaskList]:
    """Ticket types that close what was resolved after some quiet days."""
    return select(TaskList).where(TaskList.close_after_days > 0).order_by(TaskList.id)


def quiet_since(task_list: TaskList, before: datetime) -> Select[Task]:
    """The list's resolved tickets of which a customer saw nothing new since; quietest first."""
    return (
        _there()
        .where(
            Task.task_list_id == task_list.id,
            text(RESOLVED),
            Task.answered_after_resolution.is_(False),
            Task.public_modified <= before,
        )
        .order_by(Task.public_modified, Task.id)
    )


def waited_until(now: datetime) -> Select[Task]:
    """Tickets that were to wait until a time that has come, the longest ago first."""
    return (
        _there()
        .where(active(), Task.waiting == Waiting.UNTIL, Task.waiting_until <= now)
        .order_by(Task.waiting_until, Task.id)
    )


def fell_due(after: datetime, now: datetime) -> Select[Task]:
    """Active tickets whose due date has passed between these times, the latest first."""
    # The lists are named so that each one's index by due date is walked.
    return (
        _there()
        .where(
            Task.task_list_id.in_(select(TaskList.id)),
            active(),
            Task.due > after,
            Task.due <= now,
        )
        .order_by(Task.due.desc(), Task.id)
    )


def numbered(number: int) -> Select[Task]:
    """A ticket whoever asks: for the commands of who runs the desk, and for nothing else."""
    return select(Task).where(Task.id == number)


def stamps_of(numbers: Collection[int]) -> Select[int, int, int, datetime]:
    """Whether these tasks have changed, whoever asks: for live pages, which say that and no more."""
    return select(Task.id, Task.task_list_id, Task.change_number, Task.public_modified).where(
        Task.id.in_(numbers)
    )


def addressed(number: int) -> Select[Task]:
    """A ticket that a mail names; whether its sender has a part in it is asked next."""
    return _there().where(Task.id == number)


def categories_for(task_list: TaskList) -> Select[Category]:
    """Categories that tickets of this list may have."""
    return (
        select(Category)
        .where(
            Category.archived.is_(False),
            or_(
                ~Category.task_lists.any(),
                Category.task_lists.any(TaskList.id == task_list.id),
            ),
        )
        .order_by(Category.name)
    )


def of_lists(
    list_ids: Collection[int], states: Collection[State], *columns: Any
) -> Select[tuple[Any, ...]]:
    """Columns of the tasks in these states of these lists, whose ids came from `lists_worked_by`
    in the same transaction: hot pages bind the ids, so that each list's index gives its order.
    """
    return select(*columns).where(_equal(Task.task_list_id, list_ids), in_states(states))


def in_list(list_id: int) -> Select[Task]:
    """Tasks of a list, whose id came from `lists_worked_by` in the same transaction."""
    return _there().where(Task.task_list_id == list_id)


def ever_in(list_id: int) -> Select[Task]:
    """Tasks of a list, deleted ones too; its id came from `lists_worked_by` in the same transaction."""
    return select(Task).where(Task.task_list_id == list_id)


def uid_taken(uid: str) -> Select[int]:
    """A row where any task has this UID, seen or not: asked before writing, and never shown."""
    return select(Task.id).where(Task.uid == uid).limit(1)


def numbers_where(condition: ColumnElement[bool]) -> Select[int, int]:
    """The number and the list of tasks, seen or not: for stamps, and never shown."""
    return select(Task.id, Task.task_list_id).where(condition)


def active() -> ColumnElement[bool]:
    """Open or in progress."""
    return in_states((State.OPEN, State.IN_PROGRESS))


def in_state(state: State) -> ColumnElement[bool]:
    """The condition behind each word that a page says of the status."""
    return in_states((state,))


def in_states(states: Collection[State]) -> ColumnElement[bool]:
    """In one of these states; what is deleted is in none."""
    return _equal(Task.phase, [state.phase for state in states])


def overdue(now: datetime) -> ColumnElement[bool]:
    """Active, and due before now."""
    return and_(active(), Task.due < now)


def unassigned() -> ColumnElement[bool]:
    return Task.assignee_id.is_(None)


def _equal(column: Any, values: Collection[int]) -> ColumnElement[bool]:
    # Said as plainly as can be: planners keep an index's order for `=` alone.
    found = column == next(iter(values)) if len(values) == 1 else column.in_(values)
    return cast(ColumnElement[bool], found)


def _there() -> Select[Task]:
    return select(Task).where(Task.deleted_at.is_(None))


def _of_ticket(
    part: type[Comment] | type[Attachment], condition: ColumnElement[bool]
) -> ColumnElement[bool]:
    """The part's ticket is there and meets the condition: asked of each row, since these are few.

    An `IN` over all visible tickets would be listed in full first, for every page.
    """
    of_part = select(Task.id).where(Task.id == part.task_id, Task.deleted_at.is_(None), condition)
    return of_part.correlate(part).exists()


def _public() -> ColumnElement[bool]:
    """The file came with the details or with a reply."""
    reply = exists().where(Comment.id == Attachment.comment_id, Comment.kind == Kind.REPLY)
    return or_(Attachment.comment_id.is_(None), reply.correlate(Attachment))


def _works_on(user: User, level: Level = Level.READ) -> ColumnElement[bool]:
    return Task.task_list_id.in_(_lists(user, level))


def _asks_in(user: User) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [Task.id.in_(_participations(user))]
    if user.organisation:
        colleague = aliased(User)
        sharing = select(TaskList.id).where(TaskList.colleagues_see)
        colleagues = select(colleague.id).where(colleague.organisation == user.organisation)
        conditions.append(and_(Task.task_list_id.in_(sharing), Task.customer_id.in_(colleagues)))
    return and_(_is_customer(user), or_(*conditions))


def _participations(user: User) -> Select[int]:
    return select(Participant.task_id).where(Participant.user_id == user.id)


def _is_customer(user: User) -> ColumnElement[bool]:
    return with_permission(user, Permission.CREATE_TICKETS).exists()


@once_a_person
def _lists(user: User, level: Level) -> Select[int]:
    works = with_permission(user, Permission.MANAGE_TICKETS).exists()
    manages = with_permission(user, Permission.MANAGE_SUPPORT).exists()
    named = TaskList.agent_acl_id.in_(granted(user, level))
    return select(TaskList.id).where(or_(manages, and_(works, named)))
