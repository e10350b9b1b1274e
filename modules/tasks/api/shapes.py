"""What the API calls the parts of a ticket."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any

from groupware.api import UNSET, Id, Paging, Ref, Says, Unset
from modules.tasks.models import Kind, State, Urgency, Waiting
from modules.tasks.queue.filters import Order, Sort
from modules.tasks.tickets import LONGEST_TEXT
from modules.tasks.tickets.links import Relation

Subject = Annotated[str, Says("One line.", least=1, most=200, example="No sound in room 3")]
Details = Annotated[str, Says("Markdown, or plain text.", least=1, most=LONGEST_TEXT)]
Body = Annotated[
    str, Says("Markdown, or plain text.", most=LONGEST_TEXT, example="It works again.")
]
Files = Annotated[
    list[str], Says("`token` of files that were sent to `/api/v1/attachments` before.", most=5)
]
Due = Annotated[
    datetime | date | None,
    Says("A moment, or a day in one's own time zone.", example="2030-01-31T16:00:00Z"),
]
Custom = Annotated[
    dict[str, Any], Says("Values by the fields' slugs; null clears one, others stay.")
]
Ids = Annotated[list[Id], Says("Ids: exactly these from now on.", most=100)]


@dataclass(frozen=True)
class LinkedTicket:
    """Another ticket that this one is linked to; shown to whoever may see both."""

    id: int
    subject: str
    kind: Annotated[str, Says("`related`, unless another kind of link was made.")]
    relation: Annotated[Relation, Says("What this ticket is towards the other.")]


@dataclass(frozen=True)
class Ticket:
    """A ticket, as whoever asks may see it.

    Customers and participants are shown their face of it: what staff decides among themselves
    (assignee, due, categories, links, who else takes part, for whom but themselves it waits) is
    null or empty there.
    """

    id: Annotated[int, Says("The ticket's number.")]
    uid: Annotated[str, Says("The UID of the VTODO that it is.")]
    subject: str
    details: str
    status: State
    waiting: Annotated[Waiting | None, Says("For whom or what a ticket in progress waits.")]
    waiting_until: datetime | None
    urgency: Urgency
    location: Ref | None
    task_list: Annotated[Ref, Says("The ticket type.")]
    categories: list[Ref]
    customer: Ref | None
    participants: Annotated[list[Ref], Says("Who takes part beside the customer.")]
    assignee: Ref | None
    due: Due
    created: datetime
    updated: Annotated[datetime, Says("When it changed last, as far as the reader can see.")]
    links: list[LinkedTicket]
    custom: Annotated[dict[str, Any], Says("The list's own fields, by their slug.")]
    permissions: Annotated[
        list[str],
        Says(
            "What the reader may do: `respond`, `edit`, `reply`, `note`, `change`, `delete`, `manage`."
        ),
    ]
    url: Annotated[str, Says("Its page.")]


@dataclass(frozen=True)
class NewTicket:
    """A request of one's own; with a customer, one that an agent files for them.

    The fields after `customer` are for agents of the list.
    """

    subject: Subject
    details: Details
    urgency: Urgency
    location: Annotated[Id | None, Says("Where; null where the list lets it out.")] = None
    task_list: Annotated[Id | Unset, Says("The ticket type; the default one, unless told.")] = UNSET
    attachments: Files | Unset = UNSET
    custom: Custom | Unset = UNSET
    customer: Annotated[Id | Unset, Says("For whom an agent files it.")] = UNSET
    assignee: Annotated[Id | Unset | None, Says("Who works on it.")] = UNSET
    categories: Ids | Unset = UNSET
    due: Due | Unset = UNSET
    participants: Ids | Unset = UNSET


@dataclass(frozen=True)
class TicketChange:
    """What becomes of a ticket; a field that is not sent stays as it is.

    Whoever asked may change subject and details until it is closed; the rest is for agents.
    """

    subject: Subject | Unset = UNSET
    details: Annotated[str, Says("Markdown, or plain text.", most=LONGEST_TEXT)] | Unset = UNSET
    status: Annotated[State | Unset, Says("`resolved` resolves it, `open` opens it again.")] = UNSET
    waiting: Annotated[Waiting | Unset | None, Says("`until` needs `waiting_until`.")] = UNSET
    waiting_until: datetime | Unset | None = UNSET
    urgency: Urgency | Unset = UNSET
    location: Id | Unset | None = UNSET
    task_list: Annotated[Id | Unset, Says("Moves it to another list.")] = UNSET
    categories: Ids | Unset = UNSET
    customer: Annotated[Id | Unset, Says("Hands it to another customer.")] = UNSET
    participants: Ids | Unset = UNSET
    assignee: Annotated[Id | Unset | None, Says("Null takes it from whoever has it.")] = UNSET
    due: Due | Unset = UNSET
    custom: Custom | Unset = UNSET


Terms = Annotated[str, Says(most=200)]


@dataclass(frozen=True)
class TicketQuery(Paging):
    """Which tickets: an agent's lists' own, or the requests that one has a part in.

    Values are those of the agents' search, so several may be given with commas between, and `-`
    in front turns them round. One's own requests are narrowed by words and status alone.
    """

    mine: Annotated[bool, Says("Requests of one's own, which is all that a customer has.")] = False
    q: Annotated[
        str,
        Says(
            "Words and terms, as in the search field.",
            most=200,
            example='status:open assignee:me "printer jam" -vpn',
        ),
    ] = ""
    view: Annotated[Id | Unset, Says("A view, in place of all that follows and `q`.")] = UNSET
    status: Annotated[
        Terms,
        Says("Such as `open`, `in_progress,resolved`, `active`, `all`; active ones unless told."),
    ] = ""
    assignee: Annotated[Terms, Says("`me`, `none`, or ids.")] = ""
    urgency: Terms = ""
    task_list: Annotated[Terms, Says("Ids.")] = ""
    category: Annotated[Terms, Says("Ids, or `none`.")] = ""
    location: Annotated[Terms, Says("Ids, or `none`.")] = ""
    customer: Annotated[Terms, Says("`me`, or ids.")] = ""
    due: Annotated[Terms, Says("Such as `overdue` or `soon`.")] = ""
    waiting: Annotated[Terms, Says("`any`, `customer`, `third_party` or `until`.")] = ""
    sort: Annotated[Sort | Unset, Says("The latest change first, unless told.")] = UNSET
    order: Order | Unset = UNSET


@dataclass(frozen=True)
class File:
    """A file of a ticket."""

    id: int
    name: str
    content_type: str
    size: Annotated[int, Says("In bytes.")]
    created: datetime
    ticket: int
    comment: Annotated[int | None, Says("The reply or note it came with; null: the details.")]
    url: Annotated[str, Says("Where its bytes are.")]


@dataclass(frozen=True)
class Comment:
    """A reply, or a note, which is for agents of the list alone."""

    id: int
    kind: Kind
    body: str
    author: Ref | None
    from_staff: bool
    created: datetime
    edited: datetime | None
    attachments: list[File]


@dataclass(frozen=True)
class NewComment:
    """What is said in a ticket.

    `reply` is public: an agent's answer, or the response of whoever asked. `note` is for agents.
    """

    body: Body = ""
    kind: Kind = Kind.REPLY
    attachments: Files | Unset = UNSET


@dataclass(frozen=True)
class CommentChange:
    """A text that is put right, within 15 minutes and while nobody has answered."""

    body: Annotated[str, Says("Markdown, or plain text.", least=1, most=LONGEST_TEXT)]


@dataclass(frozen=True)
class CommentQuery(Paging):
    """Which comments: oldest first, unless told."""

    order: Order = Order.ASCENDING


@dataclass(frozen=True)
class Entry:
    """Something that was done to a ticket."""

    id: int
    at: datetime
    by: Annotated[Ref | None, Says("Null is the desk itself.")]
    act: Annotated[str, Says("Such as `filed`, `replied`, `assigned`, `resolved`.")]
    changes: Annotated[dict[str, Any], Says("By field: what it was and what it became.")]
