"""The rules that keep it simple, held against the source itself.

Which package may import which is a contract of import-linter, in pyproject.toml.
"""

import ast

from tests.rules.source import called, entity, sources

TICKET_ROWS = {"Task", "Comment", "Attachment"}
QUERIES = "modules/tasks/queries.py"

READ_BESIDE_VISIBILITY = {
    "modules/tasks/checks.py": "counts all there is, for the administrator at the terminal",
    "modules/tasks/search_index.py": "writes the index, which search only reads through visibility",
    "modules/tasks/conversation.py: _look_again": "of a ticket that was let through already",
    "modules/tasks/conversation.py: answered": "of a ticket that was let through already",
    "modules/tasks/tickets/merging.py": "of tickets that were let through already",
    "modules/tasks/tickets/splitting.py: _hand_over": "of a comment that was let through already",
    "modules/tasks/tickets/tallies.py": "counts a ticket that was let through already",
    "modules/tasks/files.py: detach": "of a comment that was let through already",
    "modules/tasks/mail/moving.py: move": "of a comment that was let through already",
    "modules/tasks/mail/threads.py: _hints": "a number only: whose ticket it is, is asked next",
    "modules/support/rows.py: _statement": "rows of ids that were let through already",
    "modules/tasks/icalendar/facts.py": "asks within ids that were let through already",
}

COMMITS = {
    "groupware/web/app.py": "the transaction of a request",
    "groupware/web/errors.py": "a refused request leaves nothing",
    "groupware/web/request.py": "from reading to writing",
    "groupware/web/links.py": "nothing that a spent link began may stay",
    "groupware/web/health.py": "asks whether the database answers",
}

CLOCK = {
    "groupware/database.py": "defines utc_now",
    "groupware/web/request.py": "the time of a request",
    "groupware/worker.py": "the time of a job",
    "groupware/live/": "the time of a stream",
    "groupware/cli/": "the time of a command",
    "groupware/mailboxes/commands.py": "the time of a command",
    "groupware/mailboxes/fetching.py": "the time of a fetcher's thread",
    "groupware/mailboxes/lmtp.py": "the time of a delivery",
    "groupware/mailboxes/rooms.py": "the time of a job",
    "modules/tasks/cli.py": "the time of a command",
    "modules/tasks/find_command.py": "the time of a command",
    "modules/support/demo/__init__.py": "the time of a command",
}

PRINTS = {
    "groupware/cli/": "talks to whoever typed the command",
    "groupware/assets.py": "can be run by itself",
    "groupware/mailboxes/commands.py": "is a command",
    "modules/tasks/explain_command.py": "is a command",
    "modules/tasks/cli.py": "is a command",
    "modules/support/demo/__init__.py": "is a command",
}

MOST_LINES = 300
"""Of code, without comments, docstrings and blank lines; most files have half of it."""

LONGER = {"modules/tasks/models.py": "the tables of a module are looked up in one place"}


def allowed(place: str, reasons: dict[str, str]) -> bool:
    return any(place.startswith(known) for known in reasons)


def test_imports_are_at_the_top_where_everybody_sees_them() -> None:
    deferred = [
        f"{source.name}:{node.lineno}"
        for source in sources()
        for function in ast.walk(source.tree)
        if isinstance(function, ast.FunctionDef | ast.Lambda)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert deferred == []


def test_tickets_are_read_through_visibility() -> None:
    beside = [
        f"{source.name}: {where}"
        for source in sources()
        if source.name != QUERIES
        for where, call in source.calls()
        if called(call) in ("get", "get_one", "select", "query")
        and call.args
        and entity(call.args[0]) in TICKET_ROWS
    ]
    assert [place for place in beside if not allowed(place, READ_BESIDE_VISIBILITY)] == []


def test_nobody_below_the_edge_commits() -> None:
    places = [
        source.name
        for source in sources()
        for _, call in source.calls()
        if called(call) in ("commit", "rollback") and isinstance(call.func, ast.Attribute)
    ]
    assert [place for place in places if not allowed(place, COMMITS)] == []


def test_only_edges_read_the_clock() -> None:
    places = [
        source.name
        for source in sources()
        for _, call in source.calls()
        if called(call) in ("utc_now", "utcnow", "today")
        or (called(call) == "now" and entity_of_callee(call) in ("datetime", "date"))
        or (called(call) == "time" and entity_of_callee(call) == "time")
    ]
    assert [place for place in places if not allowed(place, CLOCK)] == []


def entity_of_callee(call: ast.Call) -> str:
    callee = call.func
    if isinstance(callee, ast.Attribute) and isinstance(callee.value, ast.Name):
        return callee.value.id
    return ""


def test_files_stay_short() -> None:
    lengths = {source.name: source.length() for source in sources()}
    long = {name: lines for name, lines in lengths.items() if lines > MOST_LINES}
    assert {name: lines for name, lines in long.items() if name not in LONGER} == {}


def test_only_programs_print() -> None:
    printing = {
        source.name
        for source in sources()
        for _, call in source.calls()
        if called(call) in ("print", "input") and isinstance(call.func, ast.Name)
    }
    assert [name for name in printing if not allowed(name, PRINTS)] == []
