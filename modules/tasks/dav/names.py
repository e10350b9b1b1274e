"""What clients call tasks: by the UID, or as they named them; and the names that are gone."""

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from modules.tasks import events
from modules.tasks.dav.members import default_name
from modules.tasks.dav.models import Gone, Name, PersonalChange
from modules.tasks.history import next_change
from modules.tasks.models import Task, TaskList
from modules.tasks.queries import ever_in


def name_of(session: Session, ticket: Task) -> str:
    """The name under which a ticket lies in its list."""
    kept = session.get(Name, ticket.id)
    return kept.name if kept else default_name(ticket.id, ticket.uid)


def call(session: Session, ticket: Task, name: str) -> None:
    """Call a ticket by the name that a client gave it."""
    kept = session.get(Name, ticket.id)
    if name == default_name(ticket.id, ticket.uid):
        if kept is not None:
            session.delete(kept)
    elif kept is not None:
        kept.name = name
    else:
        session.add(Name(task_id=ticket.id, name=name))
    _back(session, ticket, name)


def drop(session: Session, ticket: Task) -> None:
    """A ticket's name is gone from its list, as it gets another."""
    number = next_change(session, ticket.task_list_id)
    name = name_of(session, ticket)
    session.add(Gone(task_list_id=ticket.task_list_id, name=name, change_number=number))


def moved(session: Session, event: events.TicketMoved) -> None:
    """A ticket left a list: its name there is gone, and comes to the other one if it is free."""
    ticket, source = event.ticket, event.from_list_id
    name = name_of(session, ticket)
    number = session.scalars(select(TaskList.change_number).where(TaskList.id == source)).one()
    session.add(Gone(task_list_id=source, name=name, change_number=number))
    others = ever_in(ticket.task_list_id).join(Name, Name.task_id == Task.id)
    taken = others.where(Name.name == name, Task.id != ticket.id).with_only_columns(Task.id)
    if session.scalar(taken.limit(1)) is not None:
        name = default_name(ticket.id, ticket.uid)
    call(session, ticket, name)
    # Numbers of the list that it left say nothing in this one.
    session.execute(
        update(PersonalChange)
        .where(PersonalChange.task_id == ticket.id)
        .values(change_number=ticket.change_number)
        .execution_options(synchronize_session=False)
    )


def _back(session: Session, ticket: Task, name: str) -> None:
    session.execute(delete(Gone).where(Gone.task_list_id == ticket.task_list_id, Gone.name == name))


HANDLERS = {events.TicketMoved: [moved]}
