"""What the banner over a request says: how it stands, before what one can do."""

from dataclasses import dataclass
from datetime import date, timedelta

from modules.help.words import answer_time
from modules.tasks.models import State, Task, Waiting

STEPS = ("Received", "In progress", "Resolved", "Closed")


@dataclass(frozen=True)
class Standing:
    """How a request stands, in the customer's words."""

    state: State
    title: str
    text: str
    answer: bool = False  # the button that leads to the answer
    closes: date | None = None  # when it closes by itself
    skipped: tuple[int, ...] = ()  # steps that it never came to

    @property
    def step(self) -> int:
        """Of the four-step bar, from 1."""
        return list(State).index(self.state) + 1


def standing_of(ticket: Task, staff: str, *, over: bool) -> Standing:
    """How it stands; `staff` is who answered last, `over` that an answer begins a new request."""
    state = ticket.state
    if state == State.OPEN:
        return _open(ticket)
    if state == State.IN_PROGRESS:
        return _in_progress(ticket, staff)
    if state == State.RESOLVED:
        return _resolved(ticket)
    if over:
        text = (
            "It was closed a while ago: an answer begins a new request that is linked to this one."
        )
    else:
        text = "If it comes up again, answer below and this request opens again."
    # What was closed without being resolved was never resolved.
    left_out = () if ticket.completed else (STEPS.index("Resolved") + 1,)
    return Standing(state, "Closed", text, skipped=left_out)


def _open(ticket: Task) -> Standing:
    usual = answer_time(ticket.task_list.answer_hours)
    text = f"We usually answer {usual}." if usual else "You will see our answer here."
    if ticket.reply_count:
        return Standing(State.OPEN, "Open: we have your answer", text)
    return Standing(State.OPEN, "We have received your request", text)


def _in_progress(ticket: Task, staff: str) -> Standing:
    state = State.IN_PROGRESS
    if ticket.waiting == Waiting.CUSTOMER:
        who = f"{staff} has" if staff else "We have"
        return Standing(
            state, "Your reply is needed", f"{who} asked you something. Your answer lets us go on.",
            answer=True,
        )  # fmt: skip
    title = f"In progress: {staff} is on it" if staff else "In progress: we are on it"
    return Standing(state, title, "You can add to it below at any time.")


def _resolved(ticket: Task) -> Standing:
    if ticket.answered_after_resolution:
        return Standing(State.RESOLVED, "Resolved: we have your answer", "We will look at it.")
    if ticket.task_list.response_reopens:
        text = "Is something still wrong? Answer below and it opens again."
    else:
        text = "Is something still wrong? Answer below and we will look at it."
    days = ticket.task_list.close_after_days
    closes = (ticket.public_modified + timedelta(days=days)).date() if days else None
    return Standing(State.RESOLVED, "Resolved", text, closes=closes)
