"""Builds the assets when the package is built or installed: see frontend/bundle.py for the ways."""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DIST = "groupware/static/dist"


class AssetsHook(BuildHookInterface):  # type: ignore[type-arg]
    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        wanted: list[str] = _bundle(self.root).requirements()
        return wanted

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if kind := _bundle(self.root).build(Path(self.root, DIST)):
            self.app.display_info(f"assets: {kind} build")
        # Git ignores them, so the wheel has to be told.
        build_data["artifacts"].append(f"/{DIST}")


def _bundle(root: str) -> ModuleType:
    sys.dont_write_bytecode = True  # the folder is a source, and its digest is taken
    sys.path.insert(0, str(Path(root, "frontend")))
    return import_module("bundle")
