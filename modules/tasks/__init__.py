"""Tasks: the shared core of tickets."""

from groupware import idempotency
from groupware.module import Module, Periodic
from modules.tasks import (
    closing,
    explain_command,
    models,
    views,
)

module = Module(
    name="tasks",
    files=[models.Attachment],
    blueprints=[views.blueprint],
    commands=explain_command.commands,
    periodic=[
        Periodic("close quiet tickets", 600, closing.run),
        Periodic("forget sent keys", 3600, idempotency.forget_old),
    ],
)
