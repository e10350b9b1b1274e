"""The words of letters: filled from a fixed set, safe as HTML, and changed by managers alone."""

import pytest

from groupware.errors import Forbidden, Invalid
from groupware.mailboxes.models import Mailbox
from modules.tasks.letters import texts
from modules.tasks.letters.defaults import DEFAULTS, LANGUAGES, PHRASES, Wording
from modules.tasks.letters.models import LetterKind
from modules.tasks.letters.texts import PLACEHOLDERS, address, plain
from tests.conftest import SignedIn
from tests.factories import NOON, Desk
from tests.letters.office import Office, html_of, read, text_of


def test_the_desk_s_own_words_can_be_filled_in_every_language() -> None:
    for language in LANGUAGES:
        assert language in PHRASES
        for kind in LetterKind:
            words = texts.default(kind, language)
            assert texts.checked(kind, words) == words


@pytest.mark.parametrize("kind", DEFAULTS["en"])
def test_an_acknowledgement_holds_no_word_of_who_wrote(kind: LetterKind) -> None:
    if kind == LetterKind.ACKNOWLEDGEMENT:
        assert not {"subject", "customer", "message", "quote"} & PLACEHOLDERS[kind].keys()


@pytest.mark.parametrize(
    ("subject", "text", "html", "field", "said"),
    [
        ("Hi", "{mesage}", "", "text", "{mesage} cannot be filled in here"),
        ("Hi", "{message} {", "", "text", "A single { has no meaning"),
        ("Hi", "{message.__class__}", "", "text", "A single { has no meaning"),
        ("{message}", "{message}", "", "subject", "{message} cannot be filled in"),
        ("", "{message}", "", "subject", "Please enter something."),
        ("Hi", "Hello", "", "text", "{message} is missing"),
        ("Hi", "{message}", '<a href="{subject}">{message}</a>', "html", "Within a tag"),
        ("Hi", "{message}", "<p>Hello</p>", "html", "{message} is missing"),
    ],
)
def test_what_cannot_be_filled_in_is_refused_with_the_reason(
    subject: str, text: str, html: str, field: str, said: str
) -> None:
    with pytest.raises(Invalid) as refused:
        texts.checked(LetterKind.REPLY, Wording(subject, text, html))
    assert said in refused.value.errors[field]


def test_values_are_text_and_html_is_made_safe() -> None:
    markup = (
        '<p onclick="x()">{subject} <img src="https://evil.example/x.gif"><script>x</script>'
        '<a href="javascript:x()">a</a> <a href="{link}">{number}</a></p>{message}'
    )
    words = texts.checked(LetterKind.REPLY, Wording("{subject}", "{message}\n\n{subject}", markup))
    values = {
        "subject": plain("<b>{link}</b>\r\nBcc: x"),
        "link": address("https://desk.example/7"),
        "number": plain("7"),
        "message": plain("<script>"),
    }
    filled = texts.fill(words, values, language="en")
    assert filled.subject == "<b>{link}</b> Bcc: x"
    for bad in ("onclick", "<img", "<script", "javascript:", "<b>"):
        assert bad not in filled.html
    assert "&lt;b&gt;{link}&lt;/b&gt;" in filled.html
    assert '<a href="https://desk.example/7">7</a>' in filled.html


def test_a_manager_s_words_are_sent_in_the_reader_s_language(
    desk: Desk, office: Office, box: Mailbox
) -> None:
    def say(kind: LetterKind, language: str, text: str) -> None:
        words = Wording("{subject}", text, "<h1>{agent}</h1>{message}" if language == "en" else "")
        texts.save(desk.session, desk.manager, kind, language, words, now=NOON)

    say(LetterKind.REPLY, "en", "{message} -- EN")
    ticket = desk.ticket()
    desk.make.reply(ticket, desk.agent, "*Hi*")
    (mail,) = office.send()
    assert text_of(mail).strip() == "*Hi* -- EN"
    assert "<h1>Mara Lindqvist</h1><p><em>Hi</em></p>" in html_of(mail)
    desk.customer.locale = "de-AT"
    desk.make.reply(ticket, desk.agent, "Hallo")
    office.send()
    assert "Anfrage #" in text_of(office.sent[-1])
    texts.reset(desk.session, desk.manager, LetterKind.REPLY, "en", now=NOON)
    desk.customer.locale = "ar"
    desk.make.reply(ticket, desk.agent, "مرحبا")
    office.send()
    assert "Request #" in text_of(office.sent[-1])
    assert 'dir="auto"' in html_of(office.sent[-1])
    assert read(office.sent[-1])["Subject"].startswith("Re: ")
    with pytest.raises(Forbidden):
        texts.reset(desk.session, desk.agent, LetterKind.REPLY, "en", now=NOON)


PAGE = "/settings/letters/reply/en"


def test_the_page_shows_before_it_saves_and_keeps_what_was_typed(
    desk: Desk, signed_in: SignedIn
) -> None:
    client = signed_in(desk.manager)
    assert "Acknowledgement" in client.get("/settings/letters").text
    shown = client.get(PAGE).text
    base = shown.split('name="base" value="')[1].split('"')[0]
    form = {"base": base, "subject": "Re: {subject}", "text": "{message}\n\nBye {customer}"}
    preview = client.send(PAGE, **form, preview="1")
    assert "Bye Samuel Adeyemi" in preview.text
    assert "Back to the default" not in client.get(PAGE).text
    markup = client.send(f"{PAGE}/preview", **form)
    assert "<strong>tablet</strong>" in markup.text
    assert "sandbox" in markup.headers["Content-Security-Policy"]
    wrong = client.send(PAGE, **{**form, "text": "{message} {what}"})
    assert wrong.status_code == 422
    assert "{what} cannot be filled in here" in wrong.text
    assert "{message} {what}</textarea>" in wrong.text
    assert client.send(PAGE, **form).status_code == 303
    assert "Back to the default" in client.get(PAGE).text
    assert client.send(PAGE, **form).status_code == 409, "somebody has changed it meanwhile"
    assert client.send(f"{PAGE}/reset").status_code == 303
    assert client.get("/settings/letters/reply/xx").status_code == 404
    assert client.get("/settings/letters/nonsense/en").status_code == 404


def test_who_manages_a_list_says_how_it_writes_and_each_agent_signs(
    desk: Desk, box: Mailbox, signed_in: SignedIn
) -> None:
    page = f"/settings/support/lists/{desk.list.id}/letters"
    manager, agent = signed_in(desk.manager), signed_in(desk.agent)
    base = manager.get(page).text.split('name="base" value="')[1].split('"')[0]
    form = {"base": base, "mailbox_id": box.id, "acknowledge": "never", "signature": "Bye"}
    assert manager.send(page, **form).status_code == 303
    assert 'value="never"' in manager.get(page).text
    assert agent.get(page).status_code == 403
    assert agent.get("/settings/letters").status_code == 403
    assert agent.send("/support/signature", signature="Mara").status_code == 303
    assert "Mara</textarea>" in agent.get("/support/signature").text
    assert agent.send("/support/signature", signature="x" * 1001).status_code == 422
    customer = signed_in(desk.customer)
    assert customer.get("/support/signature").status_code == 403
