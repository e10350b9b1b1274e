"""Tasks: the shared core of tickets."""

from groupware import idempotency
from groupware.module import Module, Periodic
from modules.tasks import (
    checks,
    cli,
    closing,
    explain_command,
    models,
    reindex_command,
    search_index,
    views,
)
from modules.tasks.icalendar import views as icalendar

module = Module(
    name="tasks",
    files=[models.Attachment],
    checks=[checks.counters, checks.change_numbers],
    blueprints=[views.blueprint, icalendar.blueprint],
    handlers=search_index.HANDLERS,
    commands=(*cli.commands, *explain_command.commands, *reindex_command.commands),
    periodic=[
        Periodic("close quiet tickets, wake waiting ones", 300, closing.run),
        Periodic("forget sent keys", 3600, idempotency.forget_old),
    ],
)
