"""Custom fields as search terms: what is found by them, by whom, and what is said where it is wrong."""

import json
import re
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from groupware.cli import main
from groupware.errors import Invalid
from modules.tasks import fields, saved_views
from modules.tasks.feeds import contents
from modules.tasks.fields import FieldKind, managing
from modules.tasks.models import Task
from modules.tasks.queue import ask, custom, cut
from modules.tasks.queue.choices import choices
from modules.tasks.queue.completing import complete
from modules.tasks.queue.names import Names
from modules.tasks.saved_views import Wish
from tests.conftest import SignedIn
from tests.factories import NOON, Desk

FOUND = {
    "severity:high": "high",
    "Severity:HIGH,low": "high low",
    '"How bad":low': "low",
    "-severity:high": "low bare",
    "severity:none": "bare",
    "severity:any": "high low",
    "visits:>3": "low",
    "visits:3": "high",
    "visits:1..3 severity:high": "high",
    "visits:<=9": "high low",
    "signed:yes": "high",
    "-signed:yes": "low bare",
    "checker:me": "high",
    "checker:mara": "high",
    "tried:2026-03-02": "high",
    "tried:>2026-03": "low",
    "tried:2026-03..2026-04": "high low",
    "starts:<12:00": "high",
    "serial:ab-1": "high",
    "serial:~AB": "high low",
    'tags:"on site",paper': "high low",
    "story:fell": "high",
    '"no such field":x': "",
    "status:all severity:high sort:created": "high",
}
WRONG = {
    "visits:many": "number",
    "tried:someday": "Try <7d",
    "severty:high": "",  # no name alike among the usual ones: words
    "severity:": "1 to",
}


@pytest.fixture
def there(desk: Desk) -> dict[str, Task]:
    """Tickets of a list with a field of each kind, and another list's field of the same name."""

    def add(task_list: Any, name: str, kind: FieldKind, **values: Any) -> None:
        wish = managing.Wish(name, kind, **values)
        managing.add(desk.session, desk.manager, task_list, wish, now=desk.make.now)

    add(desk.list, "Severity", FieldKind.CHOICE, choices=["high", "low"], public=False)
    add(desk.list, "Visits", FieldKind.NUMBER)
    add(desk.list, "Signed", FieldKind.YES_NO)
    add(desk.list, "Checker", FieldKind.PERSON)
    add(desk.list, "Tried", FieldKind.DATE)
    add(desk.list, "Starts", FieldKind.TIME)
    add(desk.list, "Serial", FieldKind.TEXT)
    add(desk.list, "Tags", FieldKind.CHOICES, choices=["on site", "paper"])
    add(desk.list, "Story", FieldKind.LONG_TEXT)
    other = desk.make.task_list(agents=[desk.outsider], customers=[desk.customer])
    add(other, "Salary band", FieldKind.CHOICE, choices=["top"])
    add(other, "Severity", FieldKind.CHOICE, choices=["high"])
    severity = next(
        each for each in fields.fields_of(desk.session, desk.list.id) if each.slug == "severity"
    )
    severity.name = "How bad"
    found = {name: desk.ticket() for name in ("high", "low", "bare")}
    hidden = desk.make.ticket(task_list=other, customer=desk.customer)
    said: dict[str, dict[str, Any]] = {
        "high": {"severity": "high", "visits": "3", "signed": "yes", "checker": desk.agent.id,
                 "tried": "2026-03-02", "starts": "09:30", "serial": "AB-1", "tags": ["on site"],
                 "story": "It fell down."},
        "low": {"severity": "low", "visits": "4.5", "tried": "2026-04-30", "starts": "13:00",
                "serial": "AB-22", "tags": ["paper"]},
    }  # fmt: skip
    for name, values in said.items():
        fields.write(desk.session, desk.manager, found[name], values, now=desk.make.later())
    band = {"salary_band": "top", "severity": "high"}
    fields.write(desk.session, desk.manager, hidden, band, now=desk.make.later())
    return found


@pytest.mark.parametrize("few", [0, custom.FEW])
def test_terms_of_fields_find_tickets(
    desk: Desk, there: dict[str, Task], few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(custom, "FEW", few)  # looked for along an index, and looked up
    names = Names(desk.session, choices(desk.session, desk.agent))
    for typed, wanted in FOUND.items():
        asked = ask(desk.session, desk.agent, typed, desk.make.now)
        numbers = set(cut(desk.session, asked).numbers)
        assert numbers == {there[name].id for name in wanted.split()}, typed
        # As an address, as text, and kept in a view, it means the same.
        address = MultiDict(asked.filters.pairs())
        assert ask(desk.session, desk.agent, address, desk.make.now).filters == asked.filters
        assert names.read(names.text_of(asked.filters)).terms == asked.filters.terms
        wish = Wish("It", asked.filters)
        view = saved_views.save(desk.session, desk.agent, wish, now=desk.make.now)
        assert saved_views.filters_of(view).terms == asked.filters.terms, view.query
        counted = saved_views.counted(
            desk.session, desk.agent, asked.list_ids, [view], desk.make.now
        )
        assert counted == {view.id: str(len(numbers) or "")}, typed


def test_fields_of_others_have_no_name_and_find_nothing(desk: Desk, there: dict[str, Task]) -> None:
    def numbers(typed: str, person: Any = desk.agent) -> set[int]:
        return set(cut(desk.session, ask(desk.session, person, typed, desk.make.now)).numbers)

    ids = {
        each.slug: each.id
        for some in fields.fields_of_lists(desk.session, range(1, 50)).values()
        for each in some
    }
    theirs = next(
        iter(cut(desk.session, ask(desk.session, desk.outsider, "", desk.make.now)).numbers)
    )
    assert numbers("salary_band:top", desk.outsider) == {theirs}
    # For who does not work there it is a word like others, and its number is nobody's.
    assert numbers("salary_band:top") == set()
    assert ask(desk.session, desk.agent, "salary_band:top", desk.make.now).filters.terms == ()
    for number in (ids["salary_band"], 4711):
        for text in ("top", "any", "none"):
            assert numbers(f'field_id:"{number}:{text}"') == set()
    known = choices(desk.session, desk.agent)
    assert [each.label for each in complete(desk.session, known, "sal")] == []
    assert [each.label for each in complete(desk.session, known, "sev")] == ["severity:"]
    values = [each.text for each in complete(desk.session, known, "severity:")]
    assert values[:2] == ["severity:high ", "severity:low "]


def test_what_is_wrong_with_a_field_is_said_on_the_page_where_it_was_typed(
    desk: Desk, there: dict[str, Task], signed_in: SignedIn
) -> None:
    for typed, message in WRONG.items():
        if message:
            with pytest.raises(Invalid) as refusal:
                ask(desk.session, desk.agent, typed, desk.make.now)
            assert message in refusal.value.errors["q"], typed
    desk.session.commit()
    client = signed_in(desk.agent)
    for path in ("", "/split", "/board", "/agenda"):
        answer = client.get(f"/support{path}?q=visits:many")
        assert answer.status_code == 422
        assert 'value="visits:many"' in answer.text
        assert f'action="/support{path}"' in answer.text
    page = client.get(f"/support?list={desk.list.id}&q=severity:high").text
    assert "How bad: high" in page  # the chip, by the field's name
    assert "Visits" in page  # the menus of the list's other fields
    assert "Salary band" not in page


def test_a_view_is_looked_at_in_every_way(
    desk: Desk, there: dict[str, Task], signed_in: SignedIn
) -> None:
    asked = ask(desk.session, desk.agent, "severity:high", desk.make.now)
    view = saved_views.save(desk.session, desk.agent, Wish("Bad", asked.filters), now=desk.make.now)
    desk.session.commit()
    client = signed_in(desk.agent)
    for path in ("", "/split", "/board"):
        page = client.get(f"/support{path}?view={view.id}").text
        assert f'/support/board?view={view.id}"' in page
        assert f"/support/tickets/{there['high'].id}" in page, path
        assert f"/support/tickets/{there['low'].id}" not in page, path
        assert signed_in(desk.outsider).get(f"/support{path}?view={view.id}").status_code == 404
    saved = client.send("/support/views/add?mode=board", name="Low", query="severity:low", hue="0")
    assert saved.status_code == 303, saved.text
    assert saved.location.startswith("/support/board?view=")


def test_the_same_words_find_the_same_at_every_door(
    desk: Desk,
    there: dict[str, Task],
    app: Flask,
    signed_in: SignedIn,
    monkeypatch: pytest.MonkeyPatch,
    database_url: str,
    tmp_path: Any,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The page, a view's calendar feed and the command; for who does not work there, none of them."""
    monkeypatch.setenv("GROUPWARE_DATA", str(tmp_path))
    monkeypatch.setenv("GROUPWARE_DATABASE_URL", database_url)
    there["high"].summary = "Bad\x1b]0;x\x07 one"
    for typed in ("severity:high visits:<4", "-severity:high status:open", "tried:>2026-03"):
        wanted = {there[name].id for name in FOUND.get(typed, "").split()} or None
        secrets = {}
        for person in (desk.agent, desk.outsider):
            asked = ask(desk.session, person, typed if person is desk.agent else "is:open", NOON)
            wish = Wish(typed[:9], asked.filters)
            view = saved_views.save(desk.session, person, wish, now=NOON)
            secrets[person] = contents.give(desk.session, person, f"view:{view.id}", now=NOON)[1]
        desk.session.commit()
        page = signed_in(desk.agent).get("/support", query_string={"q": typed}).text
        found = {int(each) for each in re.findall(r'data-id="(\d+)"', page)}
        assert found == (wanted or found), typed
        feed = app.test_client().get(f"/calendar/{secrets[desk.agent]}.ics").text
        numbers = re.findall(r"^URL.*/support/tickets/(\d+)", feed, re.MULTILINE)
        assert {int(each) for each in numbers} == found, typed
        command = ["tasks", "find", "--as", desk.agent.address, "--format"]
        assert main([*command, "json", "--", typed]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert {json.loads(line)["Number"] for line in lines} == found, typed
        assert main([*command, "text", "--limit", "1", "--", *typed.split()]) == 0
        (line,) = capsys.readouterr().out.splitlines()
        assert "\x1b" not in line
        assert main(["tasks", "find", "--as", desk.outsider.address, "is:open"]) == 0
        theirs = {int(each.split("\t")[0]) for each in capsys.readouterr().out.splitlines()}
        assert not theirs & {each.id for each in there.values()}, typed
        feed = app.test_client().get(f"/calendar/{secrets[desk.outsider]}.ics").text
        assert feed.count("BEGIN:VTODO") == len(theirs), typed
    assert main([*command, "csv", "severity:high"]) == 0
    assert capsys.readouterr().out.startswith('\ufeff"Number","Subject"')
    for wrong in (
        ["--as", desk.customer.address, "is:open"],
        ["--as", "nobody@maple.example", "is:open"],
        ["--as", desk.agent.address, "visits:many"],
    ):
        assert main(["tasks", "find", *wrong]) == 1
        told = capsys.readouterr()
        assert told.out == ""
        assert re.fullmatch("groupware: .+\n", told.err)
