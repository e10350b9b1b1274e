"""A ticket's life: each use case checks, changes, tells. Rules as in docs/permissions.md.

open -> in progress -> resolved -> closed
  ^________|______________|          a customer's response leads back (see conversation.py)
"""

from modules.tasks.models import Urgency
from modules.tasks.tickets.adding import add_files
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
from modules.tasks.tickets.links import (
    Relation,
    add_web_link,
    join,
    link,
    remove_web_link,
    unlink,
)
from modules.tasks.tickets.merging import effects_of_merge, followed, merge, unmerge
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
from modules.tasks.tickets.splitting import split

__all__ = [
    "LONGEST_SUBJECT",
    "LONGEST_TEXT",
    "NO_LOCATION",
    "Relation",
    "Request",
    "Times",
    "Urgency",
    "add_files",
    "add_participant",
    "add_web_link",
    "assign",
    "begin",
    "categorise",
    "change_state",
    "check_location",
    "checked",
    "delete",
    "edit",
    "effects_of_merge",
    "end_waiting",
    "file",
    "file_for",
    "followed",
    "give",
    "hand_to",
    "join",
    "link",
    "locate",
    "merge",
    "move",
    "plan",
    "remove_participant",
    "remove_web_link",
    "restore",
    "set_due",
    "set_percent",
    "set_state",
    "set_times",
    "set_urgency",
    "split",
    "tell_filed",
    "unlink",
    "unmerge",
    "wait",
]
