"""No secret, and nothing that was built or used here, is in the repository."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.rules.source import ROOT

SECRETS = {
    "a private key": re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a cloud key": re.compile(rb"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"),
    "a forge token": re.compile(rb"\b(?:gh[pousr]_[A-Za-z0-9]{30,}|glpat-[\w-]{20,}|npm_[A-Za-z0-9]{30,})"),
    "a chat token": re.compile(rb"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    "a package index token": re.compile(rb"\bpypi-AgEI[\w-]{20,}"),
    "a URL with a password": re.compile(rb"\b[a-z+]{4,}://[^\s/:@{}<>\"']+:(?!password@)[^\s/:@{}<>\"']{6,}@(?!(?:127\.|localhost|db\b|[\w.-]*example))"),
}  # fmt: skip
NOT_OURS = re.compile(r"(^|/)(\.env|secret_key|id_rsa|.*\.(db|sqlite3?|pem|key|p12))$")


def tracked() -> list[Path]:
    done = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    return [ROOT / name for name in done.stdout.decode().split("\0") if name]


def test_no_secret_is_in_the_repository() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {what}"
        for path in tracked()
        if path.is_file() and path != Path(__file__)
        for what, pattern in SECRETS.items()
        if pattern.search(path.read_bytes())
    ]
    assert found == []


def test_nothing_that_an_installation_keeps_is_in_the_repository() -> None:
    names = [str(path.relative_to(ROOT)) for path in tracked()]
    assert [name for name in names if NOT_OURS.search(name)] == []


@pytest.mark.parametrize("sample", [b"-----BEGIN RSA PRIVATE KEY-----", b"AKIA" + b"A" * 16])
def test_a_secret_would_be_found(sample: bytes) -> None:
    assert any(pattern.search(sample) for pattern in SECRETS.values())
