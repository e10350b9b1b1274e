"""Webhooks on pages: made, changed, paused, watched and sent again; managers' alone."""

from sqlalchemy.orm import Session

from groupware.models import Delivery
from modules.tasks.webhooks.models import Webhook, WebhookDelivery
from tests.conftest import SignedIn
from tests.factories import Desk
from tests.support.test_settings_pages import base_of, fresh

URL = "https://93.184.215.14/in"


def test_a_webhook_is_made_watched_paused_and_deleted(
    desk: Desk, session: Session, signed_in: SignedIn
) -> None:
    ticket = desk.ticket()
    lena, mara = signed_in(desk.manager), signed_in(desk.agent)
    for path in ("", "/add", "/1"):
        assert mara.get(f"/settings/webhooks{path}").status_code == 403
    refused = lena.send("/settings/webhooks/add", url="http://127.0.0.1/in")
    assert refused.status_code == 422
    assert 'value="http://127.0.0.1/in"' in refused.text, "what was typed stays"
    made = lena.send("/settings/webhooks/add", url=URL, events="ticket.filed")
    assert made.status_code == 201
    assert made.text.count("shown only this once") == 1
    at = "/settings/webhooks/1"
    assert "shown only this once" not in lena.get(at).text
    assert URL in lena.get("/settings/webhooks").text
    wish = {"url": URL, "events": ["ticket.filed", "ticket.replied"]}
    assert lena.send(at, base="stale", **wish).status_code == 409
    assert lena.send(at, base=base_of(lena.get(at).text), **wish).status_code == 303
    assert mara.send(at, **wish).status_code == 403
    fresh(session)
    desk.make.reply(ticket, desk.agent)
    sent = session.query(WebhookDelivery).one()
    sent.state, sent.answered, sent.error = Delivery.FAILED, 503, "It answered 503."
    session.commit()
    page = lena.get(at).text
    assert "Staff replies" in page
    assert "<td>503</td>" in page
    assert "Given up" in page
    again = f"{at}/deliveries/{sent.id}/replay"
    assert mara.send(again).status_code == 403
    assert lena.send(f"/settings/webhooks/2/deliveries/{sent.id}/replay").status_code == 404
    assert lena.send(again).status_code == 303
    assert "Send again" not in lena.get(at).text
    for act, active in (("pause", False), ("resumption", True)):
        assert mara.send(f"{at}/{act}").status_code == 403
        assert lena.send(f"{at}/{act}").status_code == 303
        fresh(session)
        assert session.get_one(Webhook, 1).active is active
        fresh(session)
    assert mara.send(f"{at}/deletion").status_code == 403
    assert lena.send(f"{at}/deletion").status_code == 303
    assert lena.get(at).status_code == 404
