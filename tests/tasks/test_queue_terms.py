"""What people type to find tickets: what it means, what is wrong with it, what could follow."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings, strategies

from groupware.errors import Invalid
from modules.tasks import tickets
from modules.tasks.models import State, Urgency, Waiting
from modules.tasks.queue import Filters, ask, cut
from modules.tasks.queue.choices import choices
from modules.tasks.queue.completing import complete
from modules.tasks.queue.periods import Period
from modules.tasks.queue.typed import chunks, parse, text_of
from tests.conftest import SignedIn
from tests.factories import Desk

NAMES = {"list": {"IT Help": 3}, "category": {"bug": 4, "a, b": 5}, "customer": {"Zoë": 6}}

MEANT = {
    "printer": ("printer", ""),
    '-vpn "printer jam"': ('-vpn "printer jam"', ""),
    "status:open": ("", "state=open"),
    "Status:OPEN,in-progress": ("", "state=open,in_progress"),
    'status:"in progress" x': ("x", "state=in_progress"),
    "-status:closed": ("", "state=-closed"),
    "assignee:me": ("", "assignee=me"),
    "assignee:none,7": ("", "assignee=none,7"),
    'list:"IT Help"': ("", "list=3"),
    'list:"IT Help': ("", "list=3"),
    'category:bug,"a, b" -category:none': ("", "category=4,5&category=-none"),
    "from:Zoë": ("", "customer=6"),
    "due:<7d created:>2026-01-01": ("", "due=<7d&created=>2026-01-01"),
    "is:unread is:overdue is:assigned": ("", "assignee=-none&due=overdue&unread=1"),
    "-is:unread": ("", "unread=-1"),
    "is:open,resolved": ("", "state=open,resolved"),
    "has:files waiting:customer urgency:high": ("", "urgency=high&waiting=customer&has=files"),
    "sort:created-asc": ("", "sort=created&order=asc"),
    "http://x:1/ 12:30 Re: a:b": ("http://x:1/ 12:30 Re: a:b", ""),
    '"status:open"': ('"status:open"', ""),
    "": ("", ""),
}
WRONG = {
    "stauts:open": "“status:”",
    "status:opne": "active, open, in_progress",
    "status:": "such as active",
    "due:soonish": "Try <7d",
    "created:2026-13-01": "Try <7d",
    "created:9999": "Try <7d",
    "list:Nothing": "Nothing",
    "sort:colour": "created-asc",
    "is:unread,overdue": "one by one",
    " ".join(["is:open"] * 40): "",
    "x" * 1001: "longer",
    "list:" + ",".join(str(n) for n in range(1, 40)): "at most",
}


def named(kind: str, name: str) -> tuple[int, ...]:
    if name.isdigit():
        return (int(name),)
    if name not in NAMES.get(kind, {}):
        raise Invalid(q=f"There is no {kind} {name}.")
    return (NAMES[kind][name],)


@pytest.mark.parametrize("typed", MEANT)
def test_what_is_typed_means(typed: str) -> None:
    words, address = MEANT[typed]
    found = parse(typed, named)
    assert found.q == words
    assert "&".join(f"{k}={v}" for k, v in found.pairs() if k != "q") == address
    # Addresses, and the text that is shown for them, mean the same again.
    said = text_of(found, lambda kind, number: next(
        (name for name, each in NAMES.get(kind, {}).items() if each == number), None))  # fmt: skip
    assert parse(said, named) == found


@pytest.mark.parametrize("typed", [text for text in WRONG if WRONG[text]])
def test_what_is_wrong_is_said_with_what_would_be_right(typed: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse(typed, named)
    assert WRONG[typed] in refusal.value.errors["q"]


@given(strategies.text(max_size=300) | strategies.from_regex(r'(-?[a-z]+:("[^"]*"?|\S*) ?)+'))
@settings(max_examples=300, deadline=None)
def test_whatever_is_typed_means_something_or_is_refused(typed: str) -> None:
    with suppress(Invalid):
        found = parse(typed, named)
        assert parse(text_of(found, lambda *_: None), named).terms == found.terms


def test_it_is_read_in_one_go() -> None:
    for piece in ('"', "-", "a:", 'list:"', " ", "is:", ",", 'a"b'):
        assert sum(len(chunk.text) for chunk in chunks(piece * 50_000)) <= len(piece) * 50_000


NOW = datetime(2026, 3, 11, 22, 30, tzinfo=UTC)  # a Wednesday; already Thursday in Tokyo


@pytest.mark.parametrize(
    ("text", "ahead", "low", "high"),
    [
        ("<7d", True, None, NOW + timedelta(days=7)),
        ("7d", True, None, NOW + timedelta(days=7)),
        (">7d", True, NOW + timedelta(days=7), None),
        ("<2w", False, NOW - timedelta(days=14), None),
        (">12h", False, None, NOW - timedelta(hours=12)),
        ("today", True, datetime(2026, 3, 11, 15, tzinfo=UTC), datetime(2026, 3, 12, 15, tzinfo=UTC)),
        ("week", False, datetime(2026, 3, 8, 15, tzinfo=UTC), datetime(2026, 3, 15, 15, tzinfo=UTC)),
        (">2026-02", False, datetime(2026, 2, 28, 15, tzinfo=UTC), None),
        ("<=2026-12", False, None, datetime(2026, 12, 31, 15, tzinfo=UTC)),
        ("2026..2026-02-03", False, datetime(2025, 12, 31, 15, tzinfo=UTC),
         datetime(2026, 2, 3, 15, tzinfo=UTC)),
        ("none", True, None, None),
    ],
)  # fmt: skip
def test_times(text: str, ahead: bool, low: datetime | None, high: datetime | None) -> None:  # noqa: FBT001
    assert Period(text).span(NOW, "Asia/Tokyo", ahead=ahead) == (low, high)


FOUND = {
    "": "plain mine tagged late waiting urgent",
    "status:all": "plain mine tagged late waiting urgent closed",
    "-status:open": "waiting closed",
    "assignee:me,none -category:bug": "plain mine late waiting urgent",
    "assignee:mara": "mine",
    "-assignee:me": "plain tagged late waiting urgent",
    "category:BUG": "tagged",
    "category:none is:open": "plain mine late urgent",
    "-category:bug urgency:urgent": "urgent",
    'list:"Clinic software" is:overdue': "late",
    '-list:"Clinic software"': "",
    "due:none -is:waiting": "plain mine tagged urgent",
    "waiting:customer": "waiting",
    "has:due": "late",
    "has:files": "",
    "created:<1h": "plain mine tagged late waiting urgent",
    "created:>2999": "",
    "-urgency:normal": "urgent",
    "customer:adeyemi is:closed": "closed",
    "customer:nobody-of-this-name": "",
    "subject -work": "",
}


def test_terms_find_tickets(desk: Desk) -> None:
    make, session, agent = desk.make, desk.session, desk.agent
    category = make.category("bug")
    there = {name: desk.ticket() for name in ["plain", "mine", "tagged", "waiting", "closed"]}
    there["late"] = desk.ticket(due=make.now - timedelta(days=3))
    there["urgent"] = desk.ticket(urgency=Urgency.URGENT)
    make.ticket()  # in somebody else's list
    tickets.assign(session, agent, there["mine"], to=agent, now=make.later())
    tickets.categorise(session, agent, there["tagged"], [category], now=make.later())
    tickets.wait(session, agent, there["waiting"], waiting=Waiting.CUSTOMER, now=make.later())
    tickets.set_state(session, agent, there["closed"], State.CLOSED, now=make.later())
    for typed, names in FOUND.items():
        asked = ask(session, agent, typed, make.now)
        wanted = {there[name].id for name in names.split()}
        assert set(cut(session, asked).numbers) == wanted, typed
        assert (
            set(cut(session, ask(session, desk.outsider, "status:all", make.now)).numbers) == set()
        )


def test_names_that_one_may_not_know_are_unknown(desk: Desk) -> None:
    desk.make.task_list(name="Salaries", agents=[desk.outsider])
    for name in ("Salaries", "Salary", "salari"):
        with pytest.raises(Invalid) as refusal:
            ask(desk.session, desk.agent, f"list:{name}", desk.make.now)
        assert refusal.value.errors["q"] == f"There is no task list “{name}”."
    assert ask(desk.session, desk.manager, "list:salaries", desk.make.now).filters != Filters()


def test_what_could_follow(desk: Desk) -> None:
    hidden = desk.make.customer(name="Adelheid Secret")
    desk.make.ticket(
        customer=hidden, task_list=desk.make.task_list([hidden], [desk.outsider], name="Salaries")
    )
    desk.ticket()
    known = choices(desk.session, desk.agent)

    def labels(typed: str, at: int | None = None) -> list[str]:
        return [each.label for each in complete(desk.session, known, typed, at)]

    assert labels("sta") == ["status:"]
    assert labels("printer -ca") == ["-category:"]
    assert labels("status:r") == ["resolved"]
    assert labels("list:sal") == labels("list:S,sal") == []
    assert labels('list:"clinic so') == ["Clinic software"]
    assert labels('list:"Clinic software" status:res') == ["resolved"]
    assert labels('"a b" -"c d" list:"x y",clin') == ["Clinic software"]
    assert labels("customer:ade") == ["Samuel Adeyemi"]
    assert labels("assignee:")[:2] == ["me", "none"]
    (only,) = complete(desk.session, known, "list:clin is:open", 9)
    assert only.text == 'list:"Clinic software" is:open'
    assert complete(desk.session, known, "category:bug,no")[0].text == "category:bug,none "
    for typed in ('"', "\0", "x" * 5000, "list:" + "%_\\" * 9, ":" * 99):
        labels(typed)


def test_the_page_keeps_what_was_typed(desk: Desk, signed_in: SignedIn) -> None:
    ticket = desk.ticket()
    client = signed_in(desk.agent)
    page = client.get("/support", query_string={"q": 'status:opne "<b>x'})
    assert page.status_code == 422
    assert "status:opne &#34;&lt;b&gt;x" in page.text
    assert "means nothing" in page.text
    page = client.get("/support", query_string={"q": "status:open list:clinic"})
    assert f'data-id="{ticket.id}"' in page.text
    assert 'value="status:open list:&#34;Clinic software&#34;"' in page.text
    assert client.get("/support/terms?q=ur").json[0]["text"] == "urgency:"
    assert signed_in(desk.customer).get("/support/terms?q=ur").status_code == 403
