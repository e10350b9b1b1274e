"""`groupware backup`, `restore` and `verify`."""

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tqdm import tqdm

from groupware import backup, config, module, verify
from groupware.database import utc_now
from groupware.errors import Conflict
from groupware.module import Command


def one_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="DIR")


def maybe_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "folder", type=Path, metavar="DIR", nargs="?", help="a backup; without it, what runs here"
    )


def make(options: argparse.Namespace) -> int:
    module.installed()
    made = backup.make(config.read(), options.folder, now=utc_now(), progress=bar("copying"))
    print(f"{options.folder}: {sum(made.counts.values()):,} rows, whole at {made.made_at}")
    return 0


def restore(options: argparse.Namespace) -> int:
    module.installed()
    settings = config.read()
    backup.restore(settings, options.folder, now=utc_now(), progress=bar("restoring"))
    return told(verify.faults(settings), "restored, but")


def check(options: argparse.Namespace) -> int:
    module.installed()
    if options.folder is not None:
        return told(backup.faults(options.folder, progress=bar("reading")), "the backup")
    return told(verify.faults(config.read()), "the installation")


def told(faults: Iterable[str], what: str) -> int:
    """Print each fault; raises where there was one."""
    number = 0
    for number, fault in enumerate(faults, 1):  # noqa: B007
        print(fault)
    if number:
        raise Conflict(f"{what} is not whole: {number} {'fault' if number == 1 else 'faults'}.")
    return 0


def bar(what: str) -> Callable[[Iterable[Any]], Iterable[Any]]:
    """Progress on a terminal, none in a pipe."""

    def shown(items: Iterable[Any]) -> Iterable[Any]:
        done: Iterable[Any] = tqdm(items, desc=what, unit=" files", disable=not sys.stderr.isatty())
        return done

    return shown


commands = (
    Command("backup", "back this installation up, while it runs", one_folder, make),
    Command("restore", "bring a backup back into an empty installation", one_folder, restore),
    Command("verify", "say whether the installation, or a backup, is whole", maybe_folder, check),
)
