"""What agents do to many tickets at once, and files of them, as nouns of the API."""

from modules.support.api import bulk, exports

BLUEPRINTS = [part.nouns.blueprint for part in (bulk, exports)]
