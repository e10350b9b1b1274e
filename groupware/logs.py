"""Logs: one event a line, whatever is in it; as text, or as JSON for machines."""

import json
import logging
import logging.config
from datetime import UTC, datetime
from typing import Any

from groupware.config import Settings


def configure(settings: Settings) -> None:
    """Let this process log to stderr in the manner that the settings name."""
    logging.config.dictConfig(manner(settings.log_format))


def manner(log_format: str) -> dict[str, Any]:
    """The same as logging's own dictionary, which gunicorn takes too."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": Json if log_format == "json" else Line}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stderr",
                "formatter": "line",
            }
        },
        "root": {"level": "INFO", "handlers": ["stderr"]},
        "loggers": {
            "gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True},
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
            "huey": {"level": "WARNING"},
            "mail.log": {"level": "WARNING"},  # aiosmtpd: every line that is spoken
            "alembic": {"level": "WARNING"},
        },
    }


class Line(logging.Formatter):
    """Time, level, who, what; a line break within is written as such."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        return (
            super().format(record).replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")
        )


class Json(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry)
