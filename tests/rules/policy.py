"""The decision table as plain data: a tiny model that the product has to agree with.

It knows nothing of the product's code; docs/permissions.md says the same in words.
"""

from collections.abc import Callable
from dataclasses import dataclass

READ, CREATE, WRITE, DELETE, MANAGE = 10, 20, 30, 40, 50


@dataclass(frozen=True)
class Standing:
    """How somebody stands to one ticket."""

    active: bool = True
    create_tickets: bool = False
    manage_tickets: bool = False
    manage_support: bool = False
    agent_entry: int = 0  # what the list's agents' access list gives to their groups
    takes_part: bool = False  # customer or participant
    colleague: bool = False  # of the customer's organisation, on a list that shares
    closed: bool = False  # the ticket is

    @property
    def own(self) -> bool:
        return self.active and self.create_tickets and self.takes_part

    @property
    def level(self) -> int:
        """A of the decision table."""
        if not self.active:
            return 0
        if self.manage_support:
            return MANAGE
        return self.agent_entry if self.manage_tickets else 0

    @property
    def works(self) -> bool:
        """Whether they have an agent's face at all."""
        return self.active and (self.manage_tickets or self.manage_support)

    @property
    def sees(self) -> bool:
        return self.sees_as_customer or self.level >= READ

    @property
    def sees_as_customer(self) -> bool:
        return self.own or (self.active and self.create_tickets and self.colleague)


Rule = Callable[[Standing], bool]

TABLE: dict[str, Rule] = {
    "see": lambda who: who.sees,
    "see notes": lambda who: who.level >= READ,
    "respond": lambda who: who.own,
    "edit": lambda who: (who.own and not who.closed) or who.level >= WRITE,
    "reply": lambda who: who.level >= WRITE,
    "note": lambda who: who.level >= WRITE,
    "resolve": lambda who: who.level >= WRITE,
    "wait": lambda who: who.level >= WRITE,
    "assign": lambda who: who.level >= WRITE,
    "categorise": lambda who: who.level >= WRITE,
    "urgency": lambda who: who.level >= WRITE,
    "due": lambda who: who.level >= WRITE,
    "locate": lambda who: who.level >= WRITE,
    "hand over": lambda who: who.level >= WRITE,
    "add participant": lambda who: who.level >= WRITE,
    "remove participant": lambda who: who.level >= WRITE,
    "move": lambda who: who.level >= WRITE,
    "link": lambda who: who.level >= WRITE,
    "unlink": lambda who: who.level >= WRITE,
    "link a page": lambda who: who.level >= WRITE,
    "add a file": lambda who: who.own or who.level >= WRITE,
    "merge": lambda who: who.level >= WRITE,
    "merge elsewhere": lambda who: who.level >= DELETE,
    "split": lambda who: who.level >= WRITE,
    "split a response": lambda who: who.level >= WRITE,
    "split a note": lambda who: who.level >= WRITE,
    "take apart": lambda who: who.level >= WRITE,
    "move a message": lambda who: who.level >= WRITE,
    "move a message elsewhere": lambda who: who.level >= WRITE,
    "see what became of mails": lambda who: who.level >= READ,
    "try mail again": lambda who: who.level >= WRITE,
    "take one's reply back": lambda who: who.level >= WRITE,
    "add to the checklist": lambda who: who.level >= WRITE,
    "check off": lambda who: who.level >= WRITE,
    "take from the checklist": lambda who: who.level >= WRITE,
    "many at once": lambda who: who.level >= WRITE,
    "answer a field": lambda who: (who.own and not who.closed) or who.level >= WRITE,
    "run a macro": lambda who: who.level >= WRITE,
    "be there": lambda who: who.level >= READ,
    "follow": lambda who: who.level >= READ,
    "keep a draft": lambda who: who.level >= WRITE,
    "share a draft": lambda who: who.level >= WRITE,
    "see shared drafts": lambda who: who.level >= READ,
    "take a shared draft": lambda who: who.level >= WRITE,
    "drop another's draft": lambda who: who.level >= MANAGE,
    "delete": lambda who: who.level >= DELETE,
    "bring back": lambda who: who.level >= DELETE,
    "delete comment": lambda who: who.level >= MANAGE,
}
"""Who may do what to a ticket. Where another list is needed too, the person may do all there that
the act asks for; what is missing there has tests of its own."""

DESK: dict[str, Rule] = {
    "save a view": lambda who: who.works,
    "order one's views": lambda who: who.works,
    "keep a canned reply": lambda who: who.works,
    "keep a macro": lambda who: who.works,
    "change many": lambda who: who.works,
    "export": lambda who: who.works,
    "import": lambda who: who.works,
    "read notices": lambda who: who.works,
    "choose notices": lambda who: who.works,
    "find people": lambda who: who.works,
    "find groups": lambda who: who.works,
    "keep headings": lambda who: who.active and who.manage_support,
    "keep categories": lambda who: who.active and who.manage_support,
    "keep webhooks": lambda who: who.active and who.manage_support,
    "keep people": lambda who: False,
    "keep groups": lambda who: False,
}
"""Who may do at all what is not of one ticket; the last two are for administrators, who have to hold
another permission beside to come by the API."""

STANDINGS: dict[str, Standing] = {
    "customer": Standing(create_tickets=True, takes_part=True),
    "participant": Standing(create_tickets=True, takes_part=True),
    "customer who lost the right": Standing(takes_part=True),
    "inactive customer": Standing(active=False, create_tickets=True, takes_part=True),
    "other customer": Standing(create_tickets=True),
    "colleague": Standing(create_tickets=True, colleague=True),
    "colleague without the right": Standing(colleague=True),
    "agent who may read": Standing(create_tickets=True, manage_tickets=True, agent_entry=READ),
    "agent who may create": Standing(manage_tickets=True, agent_entry=CREATE),
    "agent who may write": Standing(manage_tickets=True, agent_entry=WRITE),
    "agent who may delete": Standing(manage_tickets=True, agent_entry=DELETE),
    "agent who may manage": Standing(manage_tickets=True, agent_entry=MANAGE),
    "agent of other lists": Standing(create_tickets=True, manage_tickets=True),
    "entry without the permission": Standing(create_tickets=True, agent_entry=MANAGE),
    "inactive agent": Standing(active=False, manage_tickets=True, agent_entry=WRITE),
    "agent whose own it is": Standing(
        create_tickets=True, manage_tickets=True, agent_entry=WRITE, takes_part=True
    ),
    "reader whose own it is": Standing(
        create_tickets=True, manage_tickets=True, agent_entry=READ, takes_part=True
    ),
    "manager": Standing(manage_support=True),
    "administrator only": Standing(),
}

VIEWS: dict[str, int] = {
    "use": READ,
    "look at its page": READ,
    "count": READ,
    "duplicate": READ,
    "change": MANAGE,
    "share": MANAGE,
    "delete": MANAGE,
}
"""What a saved view's access list has to give an agent for each act. What it does not let one use is
not there, a manager's and an administrator's own rights notwithstanding."""

IMPORT = CREATE
"""A row of a table becomes a ticket where its importer has this as A; whom it names may ask there."""
