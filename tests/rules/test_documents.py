"""What the documents name is there: commands with their options, variables, pages, files, anchors."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from groupware import config, module
from groupware.cli import OWN

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(r"(?:^|`|sudo |bin/|=)groupware ([a-z][^`\n|;&]*)", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)")
VARIABLE = re.compile(r"GROUPWARE_([A-Z_]+)")


def options_of(parser: argparse.ArgumentParser) -> tuple[set[str], set[str]]:
    """The words and options that a command takes, its acts' among them."""
    words: set[str] = set()
    options = set(parser._option_string_actions)
    for action in parser._actions:
        words |= set(action.choices or ())
        if isinstance(action, argparse._SubParsersAction):
            for inner in action.choices.values():
                options |= options_of(inner)[1]
    return words, options


def anchors(path: Path) -> Iterator[str]:
    for heading in re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE):
        yield re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_document_names_is_there(path: Path) -> None:
    text, wrong = path.read_text(encoding="utf-8"), []
    parsers = {}
    for command in (*OWN, *(each for part in module.installed() for each in part.commands)):
        parsers[command.name] = argparse.ArgumentParser()
        command.arguments(parsers[command.name])
    for said in COMMAND.findall(text):
        name, *rest = said.split()
        words, options = options_of(parsers[name]) if name in parsers else (set(), set())
        missing = {each for each in re.findall(r"--[a-z]+[a-z-]*", said) if each not in options}
        if name not in parsers or missing or (words and rest and rest[0].strip(",") not in words):
            wrong.append(f"groupware {said}")
    known = {name.upper() for name in config.Settings.__dataclass_fields__}
    wrong += [name for name in VARIABLE.findall(text) if name.removesuffix("_FILE") not in known]
    for name, anchor in LINK.findall(text):
        target = (path.parent / name) if name else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(f"{name}#{anchor}")
    assert not wrong
