"""A mailbox is connected with its provider by consent; its tokens are renewed, and never shown."""

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from groupware.config import Settings
from groupware.database import Database
from groupware.mailboxes import collecting, fetching, xoauth2
from groupware.mailboxes.fetching import Fetchers
from groupware.mailboxes.models import Mailbox
from groupware.mailboxes.xoauth2 import Grant
from groupware.models import JournalEntry
from groupware.sealed import Seal
from tests import token_endpoint
from tests.conftest import SignedIn
from tests.factories import Desk
from tests.support.test_mailboxes import FORM

CLIENT = {"provider": "microsoft", "client_id": "desk-client", "client_secret": "hush-client"}
SECRETS = ("hush-client", "keep me", "renewed", "access-")


def test_consent_connects_and_what_the_provider_renews_is_kept(
    signed_in: SignedIn, desk: Desk, session: Session, database: Database, settings: Settings,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    seal, pages = Seal(settings.secret_key), []
    manager, other = signed_in(desk.manager), signed_in(desk.administrator)
    form = {**FORM, "auth": "xoauth2", "secret": "", "task_list_id": str(desk.list.id)}
    path = manager.send("/settings/mailboxes/add", **form).location

    def grants() -> list[Grant]:
        session.expire_all()
        row = session.scalars(select(Mailbox)).one()
        kept = [Grant.of(seal.open(each)) for each in (row.sealed_secret, row.sealed_smtp_secret)]
        session.commit()
        return kept

    with token_endpoint.running() as tokens:
        authorise = "https://login.example/common/authorize"
        ours = replace(xoauth2.PRESETS["microsoft"], authorise_url=authorise, token_url=tokens.url)
        monkeypatch.setitem(xoauth2.PRESETS, "microsoft", ours)
        assert manager.send(f"{path}/connect", **CLIENT, tenant="a/b").status_code == 422
        page = manager.send(f"{path}/connect", **CLIENT, tenant="maple.example").text
        pages.append(page)
        leads = page.split('href="https://login.example/')[1].split('"')[0].replace("&amp;", "&")
        asked = parse_qs(urlsplit(leads).query)
        assert leads.startswith("maple.example/authorize?")
        assert asked["redirect_uri"] == ["http://localhost/settings/mailboxes/connected"]
        back, state = "/settings/mailboxes/connected", asked["state"][0]
        for who, values in (
            (manager, {"code": "consent", "state": f"{state}x"}),
            (other, {"code": "consent", "state": state}),
            (manager, {"error": "access_denied", "state": state}),
            (manager, {"code": "stolen", "state": state}),
        ):
            assert who.send(back, **values).status_code == 303
        assert "invalid_grant: gone" in manager.get(path).text
        assert [each.get("code") for each in tokens.asked] == ["stolen"]
        page = manager.get(f"{back}?code=consent&state={state}").text
        assert ("Finish connecting" in page, len(tokens.asked)) == (True, 1), (
            "a look changes nothing"
        )
        assert manager.send(back, code="consent", state=state).location == path
        assert [each.refresh_token for each in grants()] == ["keep me"] * 2

        # The provider replaces the refresh token; what has the old one gets the new one.
        tokens.gives, number = "renewed", session.scalars(select(Mailbox.id)).one()
        session.commit()
        keep = collecting.keeper(database, seal, number)
        row = session.get_one(Mailbox, number)
        session.commit()
        first = collecting.account_of(row, seal, keep).secret()
        assert [each.refresh_token for each in grants()] == ["renewed"] * 2
        assert collecting.account_of(session.get_one(Mailbox, number), seal).secret() == first
        session.commit()
        xoauth2.forget(first)
        tokens.good.clear()  # consent was withdrawn
        fetchers = Fetchers(database, None, seal, lambda: None)  # type: ignore[arg-type]
        monkeypatch.setattr(fetching, "SERVERS", dict.fromkeys(fetching.SERVERS, Silent))
        monkeypatch.setattr(Fetchers, "_rest", lambda *_: True)
        fetchers.run(number)
        assert tokens.asked[-1]["refresh_token"] == "renewed"
    pages += [other.get(path).text, manager.get(path).text]
    assert "invalid_grant: gone" in pages[-2]
    assert "invalid_grant" not in pages[-1], "the server's words are for administrators"
    said = session.scalars(select(JournalEntry).where(JournalEntry.entity == "mailbox")).all()
    everything = [*pages, caplog.text, str([each.changes for each in said])]
    assert not [secret for secret in SECRETS for text in everything if secret in text]


class Silent:
    """A server that is asked nothing: to sign in is as far as it goes."""

    def __init__(self, account: collecting.Account) -> None:
        try:
            account.secret()
        except xoauth2.NoToken as failure:
            raise collecting.Trouble(str(failure)) from failure
