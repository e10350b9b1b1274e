"""A table as people have it: UTF-8 or Windows-1252; commas, semicolons or tabs between."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO

from groupware.errors import Invalid
from groupware.text import cleaned, one_line
from modules.tasks.exporting.csv import unguarded

MOST_ROWS = 10_000
MOST_COLUMNS = 100
LARGEST = 10 * 1024 * 1024
LONGEST_CELL = 120_000
SEPARATORS = (",", ";", "\t", "|")
LOOKED_AT = 20
"""Rows by which the separator is told."""


@dataclass(frozen=True)
class Sheet:
    """Names of columns, and rows with their numbers in the file; each is as wide as the header."""

    header: Sequence[str]
    rows: Sequence[tuple[int, Sequence[str]]]


def read(stream: BinaryIO) -> Sheet:
    """What a file holds; raises Invalid for `attachments` where that is no table of tickets."""
    raw = stream.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise Invalid(attachments="The file is larger than 10 MB: split it.")
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Invalid(attachments="This is a workbook: save it as CSV first.")
    text = _text(raw).replace("\0", "")
    try:
        rows = list(_rows(text, _separator(text)))
    except csv.Error as problem:
        raise Invalid(attachments=f"The file cannot be read as a table: {problem}.") from problem
    if not rows:
        raise Invalid(attachments="The file is empty.")
    (_, header), *rest = rows
    if len(header) > MOST_COLUMNS:
        raise Invalid(attachments=f"The table has more than {MOST_COLUMNS} columns.")
    if not rest:
        raise Invalid(attachments="There is no row below the names of the columns.")
    if len(rest) > MOST_ROWS:
        raise Invalid(attachments=f"The table has more than {MOST_ROWS:,} rows: split it.")
    width = len(header)
    wide = [(number, [*row[:width], *[""] * (width - len(row))]) for number, row in rest]
    return Sheet([one_line(name)[:100] for name in header], wide)


def _text(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _separator(text: str) -> str:
    """The one that makes the most columns of which the first rows have equally many."""

    def even(separator: str) -> tuple[int, int]:
        try:
            widths = [len(row) for _, row in islice(_rows(text, separator), LOOKED_AT)]
        except csv.Error:
            widths = []
        first = widths[0] if widths else 0
        return (sum(width == first > 1 for width in widths), first)

    return max(SEPARATORS, key=even)


def _rows(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    for number, row in enumerate(reader, 1):
        if any(cell.strip() for cell in row):
            yield number, [unguarded(cleaned(cell).strip()) for cell in row]
