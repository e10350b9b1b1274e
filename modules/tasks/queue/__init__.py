"""The queue, whoever asks for it: what is wanted, in which order, a page at a time.

asked = ask(session, user, "status:open list:Billing printer", now)    raises Invalid
asked = ask(session, user, request.args, now)      the same words, or a filter each
page = cut(session, asked, after=place)            numbers of tickets, and where to go on
"""

from modules.tasks.queue.asking import ask
from modules.tasks.queue.conditions import Asked
from modules.tasks.queue.filters import Filters
from modules.tasks.queue.paging import Cut, cut
from modules.tasks.queue.segments import Place

__all__ = ["Asked", "Cut", "Filters", "Place", "ask", "cut"]
