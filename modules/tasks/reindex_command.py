"""`groupware reindex`: write the full-text index anew, while the desk is in use."""

import argparse

from tqdm import tqdm

from groupware import config
from groupware.database import Database
from groupware.module import Command
from modules.tasks import search_index


def arguments(_parser: argparse.ArgumentParser) -> None:
    """Takes none."""


def run(_options: argparse.Namespace) -> int:
    with Database(config.read().database_url) as database:
        with database.reading() as session:
            ranges = list(search_index.chunks(session))
        # A transaction each: whoever works meanwhile waits for one of them at most.
        unit = {"unit": " tickets", "unit_scale": search_index.CHUNK}
        for first, last in tqdm(ranges, disable=None, **unit):
            with database.writing() as session:
                search_index.index(session, first, last)
    return 0


commands = (Command("reindex", "write the full-text index anew", arguments, run),)
