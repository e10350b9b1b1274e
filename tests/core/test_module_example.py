"""The example in the guide for authors of modules is a module that works as it stands there."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from groupware import module
from groupware.models import OutboundMail
from tests.conftest import SignedIn
from tests.factories import Desk

GUIDE = Path(__file__).parents[2] / "docs" / "modules.md"
FILE = re.compile(r"```\w+\n(?:# |\{#- )(\S+)(?: -#\})?\n(.*?)```", re.DOTALL)


@pytest.fixture(autouse=True)
def _parking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put the example's files where an installed wheel would have them."""
    found = dict(FILE.findall(GUIDE.read_text(encoding="utf-8")))
    for name, text in found.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    announced = re.search(
        r"\[project\.entry-points\..groupware\.modules.\]\n(.*)\n", found["pyproject.toml"]
    )
    assert announced is not None
    metadata = tmp_path / "groupware_parking-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Name: groupware-parking\nVersion: 1.0\n")
    said = announced[1].replace('"', "")
    (metadata / "entry_points.txt").write_text(f"[groupware.modules]\n{said}\n")
    with monkeypatch.context() as patched:
        patched.syspath_prepend(tmp_path)
        module.installed.cache_clear()
        yield
    for name in [each for each in sys.modules if each.partition(".")[0] == "parking"]:
        del sys.modules[name]
    module.installed.cache_clear()
    module.installed()


def test_the_example_shows_its_page_and_writes_its_mail(desk: Desk, signed_in: SignedIn) -> None:
    elsewhere = desk.make.task_list(name="Elsewhere", customers=[desk.customer])
    desk.make.ticket(customer=desk.customer, task_list=elsewhere, location=desk.location)
    desk.list.name = "Parking"
    asked = desk.ticket(summary="For a <van>")
    desk.ticket(customer=desk.stranger)
    page = signed_in(desk.customer).get("/parking").text
    assert f'<li><a href="/tickets/{asked.id}">For a &lt;van&gt;</a></li>' in page
    assert '<a href="/parking" aria-current="page">' in page, "its link stands in the header"
    assert len(re.findall(r"/tickets/\d", page)) == 1, "neither other lists' nor other people's"
    assert "not asked for a space" in signed_in(desk.administrator).get("/parking").text
    assert signed_in(None).get("/parking").status_code == 302
    told = select(OutboundMail.message).where(OutboundMail.recipient == "porter@maple.example")
    mails = desk.session.scalars(told.order_by(OutboundMail.id)).all()
    assert [b"Greta Nilsen" in mail for mail in mails] == [False, True]
