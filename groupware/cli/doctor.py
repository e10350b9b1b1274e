"""`groupware doctor`: what is wrong with this installation, and how to mend it."""

import argparse

from groupware import config, doctor, module
from groupware.database import utc_now
from groupware.doctor import Mark
from groupware.errors import Conflict
from groupware.module import Command


def arguments(_parser: argparse.ArgumentParser) -> None:
    """It takes none."""


def run(_options: argparse.Namespace) -> int:
    module.installed()
    errors = 0
    for finding in doctor.findings(config.read(), utc_now()):
        print(finding)
        errors += finding.mark == Mark.ERROR
    if errors:
        raise Conflict(f"{errors} {'thing is' if errors == 1 else 'things are'} wrong.")
    return 0


commands = (Command("doctor", "say what is wrong here, and how to mend it", arguments, run),)
