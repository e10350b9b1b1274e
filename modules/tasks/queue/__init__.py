"""The queue, whoever asks for it: what is wanted, in which order, a page at a time.

filters = Filters.read(values)                  what is wanted; raises Invalid
asked = Asked(user.id, list_ids, filters, now)  by whom: ids out of `lists_worked_by`
page = cut(session, asked, after=place)         numbers of tickets, and where to go on
"""

from modules.tasks.queue.conditions import Asked
from modules.tasks.queue.filters import Filters
from modules.tasks.queue.paging import Cut, cut
from modules.tasks.queue.segments import Place

__all__ = ["Asked", "Cut", "Filters", "Place", "cut"]
