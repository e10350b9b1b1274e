"""A ticket's life: each use case checks, changes, tells. Rules as in docs/permissions.md.

open -> in progress -> resolved -> closed
  ^________|______________|          a customer's response leads back (see conversation.py)
"""

from modules.tasks.models import Urgency
from modules.tasks.tickets.filing import (
    LONGEST_SUBJECT,
    LONGEST_TEXT,
    NO_LOCATION,
    Request,
    begin,
    check_location,
    checked,
    edit,
    file,
    file_for,
    tell_filed,
)
from modules.tasks.tickets.life import (
    assign,
    change_state,
    delete,
    end_waiting,
    give,
    restore,
    set_state,
    wait,
)
from modules.tasks.tickets.links import join, link, unlink
from modules.tasks.tickets.people import add_participant, hand_to, remove_participant
from modules.tasks.tickets.properties import (
    Times,
    categorise,
    locate,
    move,
    plan,
    set_due,
    set_percent,
    set_times,
    set_urgency,
)

__all__ = [
    "LONGEST_SUBJECT",
    "LONGEST_TEXT",
    "NO_LOCATION",
    "Request",
    "Times",
    "Urgency",
    "add_participant",
    "assign",
    "begin",
    "categorise",
    "change_state",
    "check_location",
    "checked",
    "delete",
    "edit",
    "end_waiting",
    "file",
    "file_for",
    "give",
    "hand_to",
    "join",
    "link",
    "locate",
    "move",
    "plan",
    "remove_participant",
    "restore",
    "set_due",
    "set_percent",
    "set_state",
    "set_times",
    "set_urgency",
    "tell_filed",
    "unlink",
    "wait",
]
