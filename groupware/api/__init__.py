"""The API's machinery: a noun is declared as a view is, and its signature says the rest.

    nouns = Noun("tickets", "Requests, and what becomes of them.")

    @nouns.patch("/tickets/<int:ticket_id>")
    @open_to(*ANYBODY)
    def change(ticket_id: int, body: TicketChange) -> Ticket:
        '''Change a ticket: only the fields that are sent.'''

`body` and `query` are read into their frozen dataclasses before the view starts; what comes back
is written as JSON. Checks, answers and the OpenAPI document all follow from these same types.
"""

from groupware.api.nouns import ANYBODY, Made, Noun
from groupware.api.paging import Page, Paging, page_of
from groupware.api.schema import UNSET, Id, Ref, Says, Unset

__all__ = [
    "ANYBODY",
    "UNSET",
    "Id",
    "Made",
    "Noun",
    "Page",
    "Paging",
    "Ref",
    "Says",
    "Unset",
    "page_of",
]
