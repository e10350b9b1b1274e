"""A wheel built from the source distribution holds all that a page needs, and runs from any folder."""

import json
import os
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CHECK = """
import json, pathlib
from groupware import assets, module, paths
print(json.dumps({
    "package": str(paths.PACKAGE),
    "layout": (paths.templates_folder() / "layouts" / "base.html").is_file(),
    "styles": (assets.FOLDER / assets.asset("app.css").rpartition("/")[2]).is_file(),
    "modules": [part.name for part in module.installed()],
}))
"""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def run(*command: str | Path, cwd: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    clean["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    clean |= {"PIP_RETRIES": "10", "PIP_DEFAULT_TIMEOUT": "60"}  # an index may be slow for once
    done = subprocess.run(  # noqa: S603 - our own commands
        command, cwd=cwd, env=clean, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The source distribution, and the wheel that was built out of it alone."""
    folder = tmp_path_factory.mktemp("built")
    # `build` makes the wheel from the unpacked source distribution, as an index's visitor would.
    run(sys.executable, "-m", "build", "--outdir", folder, ROOT, cwd=folder)
    return next(folder.glob("*.tar.gz")), next(folder.glob("*.whl"))


def test_the_source_distribution_carries_sources_and_nothing_built(
    built: tuple[Path, Path],
) -> None:
    with tarfile.open(built[0]) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"hatch_build.py", "frontend/bundle.py", "frontend/package-lock.json"} <= names
    assert "templates/layouts/base.html" in names
    assert not [name for name in names if "node_modules" in name or "static/dist" in name]


def test_the_wheel_carries_templates_and_assets_inside_the_package(
    built: tuple[Path, Path],
) -> None:
    with zipfile.ZipFile(built[1]) as wheel:
        names = set(wheel.namelist())
        manifest = json.loads(wheel.read("groupware/static/dist/manifest.json"))
    assert "groupware/templates/layouts/base.html" in names
    assert {f"groupware/static/dist/{name}" for name in manifest["files"].values()} <= names
    tops = {name.partition("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"groupware", "modules"}


def test_an_installed_wheel_runs_from_another_folder(
    built: tuple[Path, Path], tmp_path: Path
) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-compile", built[1], cwd=tmp_path)
    found = json.loads(run(python, "-c", CHECK, cwd=tmp_path))
    assert Path(found["package"]).is_relative_to(tmp_path)
    assert found["layout"]
    assert found["styles"]
    assert {"tasks", "support", "help"} <= set(found["modules"])


def test_an_editable_install_stays_live(tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    run(python, "-m", "pip", "install", "--quiet", "--editable", ROOT, cwd=tmp_path)
    found = json.loads(run(python, "-c", CHECK, cwd=tmp_path))
    assert Path(found["package"]) == ROOT / "groupware"
    assert found["layout"]
    assert found["styles"]
