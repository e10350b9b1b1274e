"""`groupware worker`: background work without the pages."""

import argparse

from groupware import config, logs, worker
from groupware.cli.serve import prepare
from groupware.module import Command


def arguments(_parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_options: argparse.Namespace) -> int:
    settings = config.read()
    logs.configure(settings)
    prepare(settings)
    return worker.main(settings)


commands = (Command("worker", "do the background work", arguments, run),)
