"""Tasks: the shared core of tickets."""

from groupware import idempotency
from groupware.events import joined
from groupware.module import Module, Periodic
from modules.tasks import (
    api,
    checks,
    cli,
    closing,
    explain_command,
    faces,
    live,
    models,
    reindex_command,
    search_index,
    views,
)
from modules.tasks.canned import models as canned_models  # noqa: F401  # tables
from modules.tasks.checklists import models as checklist_models  # noqa: F401  # tables
from modules.tasks.dav import connect
from modules.tasks.dav import names as dav_names
from modules.tasks.dav import views as dav
from modules.tasks.feeds import views as feeds
from modules.tasks.fields import models as field_models  # noqa: F401  # tables
from modules.tasks.icalendar import views as icalendar
from modules.tasks.letters import composing, delivery, telling
from modules.tasks.macros import models as macro_models  # noqa: F401  # tables
from modules.tasks.mail import route
from modules.tasks.notices import keeping, overdue
from modules.tasks.notices import telling as noticing
from modules.tasks.saved_views import models as view_models  # noqa: F401  # tables
from modules.tasks.together import drafts, followers, presence
from modules.tasks.webhooks import declared
from modules.tasks.webhooks import keeping as webhooks

module = Module(
    name="tasks",
    files=[models.Attachment],
    topics=live.TOPICS,
    incoming=route.take,
    checks=[checks.counters, checks.change_numbers],
    blueprints=[
        views.blueprint,
        icalendar.blueprint,
        dav.blueprint,
        connect.blueprint,
        feeds.blueprint,
        *api.BLUEPRINTS,
    ],
    handlers=joined(
        search_index.HANDLERS,
        faces.HANDLERS,
        drafts.HANDLERS,
        followers.HANDLERS,
        noticing.HANDLERS,
        telling.HANDLERS,
        delivery.HANDLERS,
        dav_names.HANDLERS,
        webhooks.HANDLERS,
    ),
    writers=composing.writers,
    works=declared.works,
    journal=declared.JOURNAL,
    commands=(*cli.commands, *explain_command.commands, *reindex_command.commands),
    periodic=[
        Periodic("close quiet tickets, wake waiting ones", 300, closing.run),
        Periodic("forget sent keys", 3600, idempotency.forget_old),
        Periodic("tell of what is overdue", 60, overdue.run),
        Periodic("forget old notices", 3600, keeping.forget_old),
        Periodic("forget old drafts", 86400, drafts.forget_old),
        Periodic("forget old webhook deliveries", 86400, webhooks.forget_old),
        Periodic("forget who has left", 600, presence.forget_old),
    ],
)
