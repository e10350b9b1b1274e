"""What agents do to many tickets at once, files of them, and tickets out of files: nouns of the API."""

from modules.support.api import bulk, exports, imports

BLUEPRINTS = [part.nouns.blueprint for part in (bulk, exports, imports)]
