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
    "link a page": lambda who: who.level >= WRITE,
    "merge": lambda who: who.level >= WRITE,
    "merge elsewhere": lambda who: who.level >= DELETE,
    "split": lambda who: who.level >= WRITE,
    "split a note": lambda who: who.level >= WRITE,
    "add to the checklist": lambda who: who.level >= WRITE,
    "check off": lambda who: who.level >= WRITE,
    "many at once": lambda who: who.level >= WRITE,
    "answer a field": lambda who: (who.own and not who.closed) or who.level >= WRITE,
    "run a macro": lambda who: who.level >= WRITE,
    "be there": lambda who: who.level >= READ,
    "follow": lambda who: who.level >= READ,
    "keep a draft": lambda who: who.level >= WRITE,
    "share a draft": lambda who: who.level >= WRITE,
    "delete": lambda who: who.level >= DELETE,
    "delete comment": lambda who: who.level >= MANAGE,
}
"""Who may do what to a ticket. Where another list is needed too, the person may do all there that
the act asks for; what is missing there has tests of its own."""

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
