"""Tickets out of a table: read, tried, confirmed, made row by row, with a report.

    sheet = reading.read(stream)                 what the file holds; raises Invalid
    wish = wishes.guessed(sheet.header)          which column is what
    tried = making.tried(session, ...)           what would become of the first rows; nothing is kept
    run = running.begin(session, ...)            written down; `running.work_off` makes the tickets

Each ticket is filed by the use cases that file any other, with the rights of who imports it. Nobody
gets a letter about it.
"""
