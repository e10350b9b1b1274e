"""Canned replies: texts that agents keep at hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from sqlalchemy import Select
from sqlalchemy.orm import joinedload

from groupware.access import access_of, levels_in
from groupware.api import UNSET, Id, Made, Noun, Page, Paging, Ref, Says, Unset, page_of
from groupware.errors import Invalid
from groupware.models import Level
from groupware.sharing import CHANGE
from groupware.web.request import MANAGE_SUPPORT, MANAGE_TICKETS, actor, now, one, open_to, session
from modules.tasks.api import sharing
from modules.tasks.api.access_lists import Access, AccessChange
from modules.tasks.api.faces import worked
from modules.tasks.canned import at_hand, texts
from modules.tasks.canned.at_hand import LONGEST_NAME, Label
from modules.tasks.canned.models import CannedReply as Row
from modules.tasks.models import TaskList
from modules.tasks.queries import lists_worked_by

nouns = Noun("canned-replies", "Texts that agents keep at hand: their own, shared, or of a list.")

Name = Annotated[str, Says("What it is called.", least=1, most=LONGEST_NAME, example="Restart it")]
Group = Annotated[str, Says("Under which word it stands.", most=LONGEST_NAME)]
OfList = Annotated[Id | None, Says("The list whose agents all use it; null: every list's tickets.")]
Body = Annotated[
    str,
    Says("May hold placeholders, such as `{customer.name}`.", least=1, most=texts.LONGEST,
         example="Please restart the device."),
]  # fmt: skip


@dataclass(frozen=True)
class CannedReply:
    """A text for replies and notes."""

    id: int
    name: str
    category: str
    body: str
    task_list: Ref | None
    permissions: Annotated[list[str], Says("`change` where the reader may.")]


@dataclass(frozen=True)
class NewCannedReply:
    """What a canned reply is made of; it is one's own alone until it is shared."""

    name: Name
    body: Body
    category: Group = ""
    task_list: OfList = None


@dataclass(frozen=True)
class CannedReplyChange:
    """What becomes of a canned reply; a field that is not sent stays as it is."""

    name: Name | Unset = UNSET
    body: Body | Unset = UNSET
    category: Group | Unset = UNSET
    task_list: OfList | Unset = UNSET


@dataclass(frozen=True)
class AtHandQuery(Paging):
    """Which of them."""

    q: Annotated[str, Says("Words of the name, the category or the text.", most=200)] = ""
    ticket: Annotated[Id | Unset, Says("Only what may be used in this ticket.")] = UNSET


@dataclass(frozen=True, kw_only=True)
class FilledQuery:
    """In which ticket."""

    ticket: Id


@dataclass(frozen=True)
class Filled:
    """A text as one says it in a ticket."""

    body: str


@nouns.get("/canned-replies")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def listed(query: AtHandQuery) -> Page[CannedReply]:
    """The canned replies that one may use."""
    found = texts.found(usable(Row, query), query.q)
    return page_of(session(), found, query, Row.name, Row.id, show=_shown)


@nouns.post("/canned-replies")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def create(body: NewCannedReply) -> Made[CannedReply]:
    """Keep a text at hand."""
    label = Label(body.name, body.category, list_named(body.task_list))
    made = texts.create(session(), actor(), label, body.body, now=now())
    return Made(_shown([made])[0], f"/api/v1/canned-replies/{made.id}")


@nouns.get("/canned-replies/<int:reply_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def show(reply_id: int) -> CannedReply:
    """A canned reply."""
    return _shown([_reply(reply_id)])[0]


@nouns.get("/canned-replies/<int:reply_id>/text")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def text(reply_id: int, query: FilledQuery) -> Filled:
    """The text with its placeholders filled in, as one would send it in a ticket."""
    return Filled(texts.filled(session(), actor(), worked(query.ticket), _reply(reply_id).body))


@nouns.patch("/canned-replies/<int:reply_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def edit(reply_id: int, body: CannedReplyChange) -> CannedReply:
    """Change a canned reply, for all who use it."""
    row = _reply(reply_id)
    text = row.body if isinstance(body.body, Unset) else body.body
    texts.edit(session(), actor(), row, label_of(row, body), text, now=now())
    return _shown([row])[0]


@nouns.delete("/canned-replies/<int:reply_id>")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def delete(reply_id: int) -> None:
    """Take a canned reply away, from everybody."""
    at_hand.delete(session(), actor(), _reply(reply_id), now=now())


@nouns.get("/canned-replies/<int:reply_id>/access")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def access(reply_id: int) -> Access:
    """Who uses it (`read`) and who may change it (`manage`); for the latter."""
    return sharing.shown(_reply(reply_id))


@nouns.patch("/canned-replies/<int:reply_id>/access")
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def share(reply_id: int, body: AccessChange) -> Access:
    """Share a canned reply."""
    row = _reply(reply_id)
    at_hand.share(session(), actor(), row, sharing.wanted(row, body), now=now())
    return sharing.shown(row)


def usable(model: Any, query: AtHandQuery) -> Select[Any]:
    """What the reader may use, in this ticket if one is named."""
    if isinstance(query.ticket, Unset):
        found = at_hand.usable_by(actor(), model)
    else:
        found = at_hand.offered(actor(), model, worked(query.ticket))
    return found.options(joinedload(model.task_list))


def list_named(list_id: int | None) -> TaskList | None:
    """The list to which something shall belong."""
    if list_id is None:
        return None
    mine = lists_worked_by(actor(), Level.READ).where(TaskList.id == list_id)
    found = session().scalar(mine)
    if found is None:
        raise Invalid(task_list="There is no such list.")
    return found


def label_of(row: Any, body: Any) -> Label:
    """What it is called after a change, and whose it is."""
    return Label(
        row.name if isinstance(body.name, Unset) else body.name,
        row.category if isinstance(body.category, Unset) else body.category,
        row.task_list if isinstance(body.task_list, Unset) else list_named(body.task_list),
    )


def _reply(reply_id: int) -> Row:
    return one(at_hand.usable_by(actor(), Row).where(Row.id == reply_id))


def changeable(rows: Sequence[Any]) -> set[int]:
    """The ids of those that the reader may change: two statements for a page."""
    groups = access_of(session(), actor()).groups
    levels = levels_in(session(), groups, [each.acl_id for each in rows])
    managed = lists_worked_by(actor(), Level.MANAGE).with_only_columns(TaskList.id)
    lists = set(session().scalars(managed))
    return {
        each.id
        for each in rows
        if each.task_list_id in lists or levels.get(each.acl_id, Level.NONE) >= CHANGE
    }


def _shown(rows: Sequence[Row]) -> list[CannedReply]:
    mine = changeable(rows)
    return [
        CannedReply(
            each.id,
            each.name,
            each.category,
            each.body,
            Ref(each.task_list.id, each.task_list.name) if each.task_list else None,
            ["change"] if each.id in mine else [],
        )
        for each in rows
    ]
