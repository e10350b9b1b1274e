"""Letters: their words in each language, how each list writes, one's own signature."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, make_response, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms.fields.choices import SelectChoice

from groupware.errors import Invalid, NotFound
from groupware.mailboxes.models import Mailbox
from groupware.preferences import Organisation, load
from groupware.web.request import (
    MANAGE_SUPPORT,
    MANAGE_TICKETS,
    actor,
    now,
    open_to,
    page,
    refusals,
    rights,
    see_other,
    services,
    session,
    told,
)
from groupware.web.settings.forms import filled
from groupware.web.settings.saving import overtaken
from groupware.web.words import prose
from modules.support.letters.forms import MannerForm, SignatureForm, WordsForm
from modules.support.settings.access import managed
from modules.tasks.letters import manner, texts
from modules.tasks.letters.defaults import LANGUAGES, PHRASES, Wording
from modules.tasks.letters.manner import Manner
from modules.tasks.letters.models import Acknowledge, LetterKind, LetterText
from modules.tasks.letters.texts import Value, address, plain

blueprint = Blueprint("support_letters", __name__)

KINDS = {
    LetterKind.REPLY: ("Reply", "Carries what an agent wrote."),
    LetterKind.ACKNOWLEDGEMENT: ("Acknowledgement", "Says that a new request has arrived."),
    LetterKind.RESOLVED: ("Resolved", "Says that a request was resolved without a reply."),
    LetterKind.CLOSED: ("Closed", "Says that a request was closed."),
    LetterKind.HANDED_OVER: ("Handed over", "Says who looks after a request now."),
    LetterKind.NOTICE: ("Notice to agents", "Tells agents by mail what they asked to be told."),
}
WRITTEN = "<kind>/<language>"


@blueprint.get("/settings/letters")
@open_to(MANAGE_SUPPORT)
def overview() -> ResponseReturnValue:
    """Every kind of letter, and in which languages its words were changed."""
    rows = session().execute(select(LetterText.kind, LetterText.language))
    own = {(kind, language) for kind, language in rows}
    return page("settings/letters.html", kinds=KINDS, languages=LANGUAGES, own=own)


@blueprint.route(f"/settings/letters/{WRITTEN}", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def edit(kind: str, language: str) -> ResponseReturnValue:
    """The words of a kind of letter in a language, to be seen before they are saved."""
    of, sent = _kind(kind, language), request.method == "POST"
    values = asdict(texts.wording(session(), of, language))
    form = filled(WordsForm, values, sent=sent)
    preview = None
    if sent and form.validate():
        with refusals(form):
            if "preview" in request.form:
                preview = texts.fill(
                    texts.checked(of, _typed(form)), _example(of, language), language=language
                )
            elif both := overtaken(
                form, values, keep=url_for(".edit", kind=kind, language=language)
            ):
                return both
            else:
                texts.save(session(), actor(), of, language, _typed(form), now=now())
                told("Saved.")
                return see_other(".edit", kind=kind, language=language)
    return page(
        "settings/letter.html",
        422 if sent and preview is None else 200,
        form=form,
        kind=of,
        words=KINDS[of],
        language=language,
        languages=LANGUAGES,
        places=texts.PLACEHOLDERS[of],
        is_own=session().get(LetterText, (of, language)) is not None,
        preview=preview,
    )


@blueprint.post(f"/settings/letters/{WRITTEN}/preview")
@open_to(MANAGE_SUPPORT)
def preview(kind: str, language: str) -> ResponseReturnValue:
    """What is typed, as the HTML that a mail program would show: a page that can do nothing."""
    of = _kind(kind, language)
    try:
        words = texts.checked(of, _typed(WordsForm()))
    except Invalid as refusal:
        return page("core/error.html", 422, title="Not yet", text=refusal.message)
    shown = texts.fill(words, _example(of, language), language=language)
    answer = make_response(shown.html)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@blueprint.post(f"/settings/letters/{WRITTEN}/reset")
@open_to(MANAGE_SUPPORT)
def reset(kind: str, language: str) -> ResponseReturnValue:
    """Back to the words that come with the desk."""
    texts.reset(session(), actor(), _kind(kind, language), language, now=now())
    told("The default words are back.")
    return see_other(".edit", kind=kind, language=language)


@blueprint.route("/settings/support/lists/<int:list_id>/letters", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT, MANAGE_TICKETS)
def of_list(list_id: int) -> ResponseReturnValue:
    """How a list writes."""
    task_list, sent = managed(list_id), request.method == "POST"
    values: dict[str, Any] = asdict(manner.manner_of(session(), task_list))
    values["mailbox_id"] = values["mailbox_id"] or 0
    form = filled(MannerForm, values, sent=sent)
    boxes = session().execute(select(Mailbox.id, Mailbox.address).order_by(Mailbox.address))
    form.mailbox_id.choices = [
        SelectChoice(0, "The mailbox that feeds the list"),
        *(SelectChoice(number, name) for number, name in boxes),
    ]
    if sent and form.validate():
        if both := overtaken(form, values, keep=url_for(".of_list", list_id=list_id)):
            return both
        with refusals(form):
            wanted = {name: form[name].data for name in values}
            wanted["mailbox_id"] = wanted["mailbox_id"] or None
            wanted["acknowledge"] = Acknowledge(wanted["acknowledge"])
            manner.set_manner(session(), actor(), task_list, Manner(**wanted), now=now())
            told("Saved.")
            return see_other(".of_list", list_id=list_id)
    return page(
        "settings/list_letters.html",
        422 if sent else 200,
        form=form,
        task_list=task_list,
        manager=rights().manager,
    )


@blueprint.route("/support/signature", methods=["GET", "POST"])
@open_to(MANAGE_TICKETS, MANAGE_SUPPORT)
def signature() -> ResponseReturnValue:
    """One's own signature."""
    form = SignatureForm(data={"signature": manner.signature_of(actor())})
    if form.validate_on_submit():
        with refusals(form):
            manner.set_signature(session(), actor(), form.signature.data or "")
            told("Saved.")
            return see_other(".signature")
    return page("support/signature.html", 422 if form.is_submitted() else 200, form=form)


def _kind(kind: str, language: str) -> LetterKind:
    if kind not in set(LetterKind) or language not in LANGUAGES:
        raise NotFound
    return LetterKind(kind)


def _typed(form: WordsForm) -> Wording:
    return Wording(form.subject.data or "", form.text.data or "", form.html.data or "")


def _example(kind: LetterKind, language: str) -> dict[str, Value]:
    """Something for each placeholder, so that the words can be seen at work."""
    link = f"{services().settings.base_url}/tickets/view/2048"
    said = "Please restart the **tablet** and try again."
    values = {
        "brand": plain(load(session(), Organisation).name),
        "number": plain("2048"),
        "list": plain("Clinic software"),
        "link": address(link),
        "subject": plain("Session notes not saving"),
        "customer": plain("Samuel Adeyemi"),
        "agent": plain("Mara Lindqvist"),
        "message": Value(said, str(prose(said))),
        "signature": plain("Mara Lindqvist"),
        "expect": plain(PHRASES[language].expect.format(hours=8)),
        "what": plain("The customer has answered"),
    }
    return {name: values.get(name, plain("")) for name in texts.PLACEHOLDERS[kind]}
