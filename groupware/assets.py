"""Styles, scripts and icons: their addresses, and the folder they are served from.

They are built from frontend/ by the install hook; in a checkout `python -m groupware.assets` builds
them again where sources changed. An installation without npm has no scripts: `asset("app.js")` is
then "", and the layouts leave the element out.
"""

import json
import logging
import sys
import time
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

from flask import Blueprint, Response, send_from_directory

from groupware.paths import PACKAGE
from groupware.web.request import ANYONE, open_to

FOLDER = PACKAGE / "static" / "dist"
SOURCES = PACKAGE.parent / "frontend"
# What a build by Python alone goes without; any other missing name is a mistake in a template.
OPTIONAL = frozenset({"app.js", "inter-latin.woff2"})
YEAR = 365 * 24 * 3600

log = logging.getLogger(__name__)
blueprint = Blueprint("assets", __name__, url_prefix="/static/dist")


def asset(name: str) -> str:
    """The address of a built file; "" for a script that this installation was built without."""
    files = _files(FOLDER, version())
    if name in files:
        return f"{blueprint.url_prefix}/{files[name]}"
    if files and name not in OPTIONAL:
        raise LookupError(f"there is no asset {name}")
    return ""


def version() -> int:
    """Changes with what is built, within a second: a page asks for dozens of addresses."""
    return _seen(FOLDER, int(time.monotonic()))


@blueprint.get("/<name>")
@open_to(ANYONE)
def file(name: str) -> Response:
    """A built file. Its name changes with its bytes, so it may be kept for ever."""
    answer = send_from_directory(FOLDER, name, max_age=YEAR)
    answer.cache_control.public = True
    answer.cache_control.immutable = True
    return answer


def rebuild(*, force: bool = False) -> str:
    """Build what changed; "full", "plain" or "" (nothing to do). For a checkout only."""
    if not (SOURCES / "bundle.py").is_file():
        raise LookupError("the sources of the assets are not here; they come with the package")
    built: str = _bundle().build(FOLDER, force=force)
    return built


@lru_cache(1)
def _seen(folder: Path, _second: int) -> int:
    return _changed(folder)


def _changed(folder: Path) -> int:
    try:
        return (folder / "manifest.json").stat().st_mtime_ns
    except OSError:
        return 0


@cache
def _files(folder: Path, changed: int) -> dict[str, str]:
    """The manifest; read again only when it changed, so a rebuild needs no restart."""
    if not changed:
        log.warning("The assets are not built: run `python -m groupware.assets`.")
        return {}
    files: dict[str, str] = json.loads((folder / "manifest.json").read_text("utf-8"))["files"]
    return files


def _bundle() -> ModuleType:
    sys.path.insert(0, str(SOURCES))
    return import_module("bundle")


if __name__ == "__main__":
    said = {
        "full": "Assets built.",
        "plain": "Styles and icons built, no scripts.",
        "": "Up to date.",
    }
    try:
        print(said[rebuild(force="--force" in sys.argv[1:])])
    except (LookupError, RuntimeError, OSError) as problem:
        sys.exit(str(problem))
