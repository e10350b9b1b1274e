"""Templates: each compiles, none calls text safe, none holds style or script of its own."""

import re
from pathlib import Path

import pytest
from flask import Flask
from jinja2 import nodes

from groupware import config
from groupware.paths import templates_folder
from groupware.web.app import create_app
from tests.rules.source import called, sources

FOLDER = templates_folder()
NAMES = sorted(
    str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.suffix in (".html", ".txt")
)
INLINE = {
    "a style of its own": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "a style sheet of its own": re.compile(r"<style\b", re.IGNORECASE),
    "a handler of its own": re.compile(r"\s(?:hx-)?on[a-z:]+\s*=", re.IGNORECASE),
    "a script of its own": re.compile(r"<script\b(?![^>]*\bsrc=)", re.IGNORECASE),
    "an address that is a script": re.compile(r"=\s*[\"']?\s*javascript:", re.IGNORECASE),
}


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    data = str(tmp_path_factory.mktemp("templates"))
    return create_app(config.read({"GROUPWARE_DATA": data}))


@pytest.mark.parametrize("name", NAMES)
def test_a_template_compiles_with_filters_and_macros_that_exist(web: Flask, name: str) -> None:
    environment = web.jinja_env
    text = (FOLDER / name).read_text(encoding="utf-8")
    environment.compile(text, name)
    tree = environment.parse(text, name)
    for imported in tree.find_all((nodes.FromImport, nodes.Import, nodes.Extends, nodes.Include)):
        named = [imported.template, *imported.template.find_all(nodes.Const)]
        for one in (each for each in named if isinstance(each, nodes.Const)):
            there = environment.get_template(one.value)
            if isinstance(imported, nodes.FromImport):
                exported = set(vars(there.make_module(vars={})))
                wanted = {each if isinstance(each, str) else each[0] for each in imported.names}
                assert wanted <= exported, f"{name}: {wanted - exported} is not in {there.name}"


@pytest.mark.parametrize("name", NAMES)
def test_a_template_calls_no_text_safe(web: Flask, name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    tree = web.jinja_env.parse(text, name)
    filters = {found.name for found in tree.find_all(nodes.Filter)}
    assert not filters & {"safe", "forceescape"}
    assert not list(tree.find_all((nodes.EvalContextModifier, nodes.ScopedEvalContextModifier)))


@pytest.mark.parametrize("name", NAMES)
def test_a_template_holds_neither_style_nor_script(web: Flask, name: str) -> None:
    tree = web.jinja_env.parse((FOLDER / name).read_text(encoding="utf-8"), name)
    # What it writes; its own words, such as a macro's argument named style, are left out.
    text = "".join(data.data for data in tree.find_all(nodes.TemplateData))
    assert [what for what, pattern in INLINE.items() if pattern.search(text)] == []


def test_text_is_called_safe_in_one_module_only() -> None:
    places = {source.name for source in sources() for _, call in source.calls()
              if called(call) == "Markup"}  # fmt: skip
    assert places == {"groupware/web/words.py"}


def test_there_are_templates() -> None:
    assert Path(FOLDER / "layouts/base.html").is_file()
    assert len(NAMES) > 20
