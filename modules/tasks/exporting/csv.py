"""A table as CSV (RFC 4180), which no spreadsheet takes for formulas."""

import csv
import io
from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from modules.tasks.exporting.table import Table, Value

AT_ONCE = 64 * 1024
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\u2212")
"""Beginnings by which a spreadsheet takes a cell for a formula, full-width forms among them."""


def as_csv(table: Table, zone: ZoneInfo) -> Iterator[bytes]:
    """The file in pieces: UTF-8 with its mark, every cell quoted, times in this zone."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    text.write("\ufeff")
    writer.writerow([guarded(name) for name in table.names])
    for row in table.rows:
        writer.writerow([_cell(value, zone) for value in row])
        if text.tell() > AT_ONCE:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def guarded(text: str) -> str:
    """The text, behind a quotation mark where a spreadsheet would work it out."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text


def unguarded(text: str) -> str:
    """What `guarded` was given."""
    return text[1:] if text.startswith("'") and guarded(text[1:]) == text else text


def _cell(value: Value, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(zone).strftime("%Y-%m-%d %H:%M")
    return guarded(value) if isinstance(value, str) else str(value)
