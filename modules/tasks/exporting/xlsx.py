"""A table as a workbook (ECMA-376), written row by row to the disk."""

import tempfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook

from modules.tasks.exporting.table import Table

LONGEST = 32_767  # characters of a cell
MOST_ROWS = 1_048_575
PIECE = 64 * 1024
_PLAIN = str.maketrans({code: None for code in range(32) if code not in (9, 10)})


def as_xlsx(table: Table, zone: ZoneInfo) -> Iterator[bytes]:
    """The file in pieces; it lies on the disk meanwhile, as its end tells where its parts are."""
    with tempfile.TemporaryDirectory(prefix="groupware-xlsx-") as folder:
        path = Path(folder) / "tickets.xlsx"
        _write(table, path, folder, zone)
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                yield piece


def _write(table: Table, path: Path, folder: str, zone: ZoneInfo) -> None:
    options = {"constant_memory": True, "tmpdir": folder}
    with Workbook(str(path), options) as book:
        sheet = book.add_worksheet("Tickets")
        bold, time = (
            book.add_format({"bold": True}),
            book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        )
        sheet.freeze_panes(1, 0)
        sheet.set_column(0, len(table.names) - 1, 16)
        sheet.set_column(1, 1, 48)
        for column, name in enumerate(table.names):
            sheet.write_string(0, column, name, bold)
        for line, row in enumerate(table.rows, start=1):
            if line > MOST_ROWS:
                break
            for column, value in enumerate(row):
                if isinstance(value, datetime):
                    local = value.astimezone(zone).replace(tzinfo=None)
                    sheet.write_datetime(line, column, local, time)
                elif isinstance(value, int):
                    sheet.write_number(line, column, value)
                elif value:  # text stays text: never a formula, a number or a link
                    sheet.write_string(line, column, value.translate(_PLAIN)[:LONGEST])
