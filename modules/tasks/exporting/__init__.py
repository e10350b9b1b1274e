"""Tickets as tables, for whoever may see them: CSV and XLSX, in constant memory.

A file begins with the names of its columns; each ticket is a row, in the order of the queue.
"""

from modules.tasks.exporting.csv import as_csv
from modules.tasks.exporting.table import COLUMNS, Table, table
from modules.tasks.exporting.xlsx import as_xlsx

__all__ = ["COLUMNS", "Table", "as_csv", "as_xlsx", "table"]
