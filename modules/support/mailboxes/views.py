"""Mailboxes: all of them, and the page of one."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from groupware.errors import Conflict
from groupware.mailboxes import fetching
from groupware.mailboxes.collecting import Trouble, account_of, keeper
from groupware.mailboxes.models import Mailbox, Protocol
from groupware.mailboxes.processing import in_line
from groupware.mailboxes.sending import Post
from groupware.models import Group, GroupKind, Location, Permission
from groupware.outbox import Refused
from groupware.sealed import Seal
from groupware.web import limits
from groupware.web.request import (
    MANAGE_SUPPORT,
    actor,
    now,
    open_to,
    page,
    refusals,
    release,
    rights,
    see_other,
    services,
    session,
    told,
)
from groupware.web.settings.forms import filled
from groupware.web.settings.saving import ask, locked, overtaken
from modules.support.mailboxes.forms import MailboxForm, RuleForm
from modules.tasks.mail import managing
from modules.tasks.mail.managing import FIELDS, PLAIN
from modules.tasks.mail.models import Intake, IntakeRule
from modules.tasks.models import TaskList

blueprint = Blueprint("mailboxes", __name__, url_prefix="/settings/mailboxes")

REFUSED = "The server could not be reached, or did not let us in."
"""One answer for a port that is closed, open or something else: this page is no port scanner."""
MOST_TESTS, A_WHILE = 10, timedelta(minutes=5)

DEFAULTS: dict[str, Any] = {
    "name": "", "address": "", "aliases": "", "protocol": "imap", "host": "", "port": 993,
    "tls": "tls", "folder": "INBOX", "user": "", "auth": "password", "after": "flag",
    "allow_large": False, "authserv_id": "", "plus_addresses": True, "smtp_host": "",
    "smtp_port": 587, "smtp_tls": "starttls", "smtp_user": "", "smtp_auth": "password",
    "from_name": "", "from_address": "", "task_list_id": 0, "location_id": 0,
    "unknown": "contact", "register_group_id": 0,
}  # fmt: skip


@blueprint.get("")
@open_to(MANAGE_SUPPORT)
def all_of_them() -> ResponseReturnValue:
    rows = session().execute(
        select(Mailbox, TaskList.name)
        .outerjoin(Intake, Intake.mailbox_id == Mailbox.id)
        .outerjoin(TaskList, TaskList.id == Intake.task_list_id)
        .order_by(Mailbox.name)
        .limit(200)
    )
    return page(
        "mailboxes/mailboxes.html",
        rows=[(mailbox, name) for mailbox, name in rows],
        held=managing.held(session()),
        words=_words,
        in_line=in_line(session()),
    )


@blueprint.route("/add", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def add() -> ResponseReturnValue:
    sent = request.method == "POST"
    form = _with_choices(filled(MailboxForm, DEFAULTS, sent=sent))
    if sent and form.validate():
        with refusals(form):
            made = managing.create(session(), actor(), form.data, seal=_seal(), now=now())
            told(f"{made.name} was added.")
            return see_other(".show", mailbox_id=made.id)
    return page("mailboxes/mailbox.html", 422 if sent else 200, form=form, mailbox=None)


@blueprint.route("/<int:mailbox_id>", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def show(mailbox_id: int) -> ResponseReturnValue:
    mailbox, sent = _named(mailbox_id), request.method == "POST"
    intake = session().get_one(Intake, mailbox_id)
    values: dict[str, Any] = {name: getattr(mailbox, name) for name in ("name", "address", *PLAIN)}
    values |= {
        "task_list_id": intake.task_list_id,
        "location_id": intake.location_id or 0,
        "unknown": str(intake.unknown),
        "register_group_id": intake.register_group_id or 0,
    }
    form = _with_choices(filled(MailboxForm, values, sent=sent))
    if sent and form.validate():
        if both := overtaken(form, values, keep=url_for(".show", mailbox_id=mailbox_id)):
            return both
        with refusals(form):
            managing.change(session(), actor(), mailbox, form.data, seal=_seal(), now=now())
            told("Saved.")
            return see_other(".show", mailbox_id=mailbox_id)
    rule_form = RuleForm(formdata=None)
    rule_form.task_list_id.choices = form.task_list_id.choices
    return page(
        "mailboxes/mailbox.html", 422 if sent else 200, form=form, mailbox=mailbox, intake=intake,
        rule_form=rule_form, fields=FIELDS, words=_words, has_secret=bool(mailbox.sealed_secret),
        has_smtp_secret=bool(mailbox.sealed_smtp_secret),
        in_line=in_line(session()).get(mailbox.id, 0),
    )  # fmt: skip


@blueprint.post("/<int:mailbox_id>/rules")
@open_to(MANAGE_SUPPORT)
def add_rule(mailbox_id: int) -> ResponseReturnValue:
    _named(mailbox_id)
    intake = session().get_one(Intake, mailbox_id)
    form = RuleForm()
    form.task_list_id.choices = _lists()
    if form.validate():
        with refusals(form):
            managing.add_rule(
                session(), actor(), intake, field=form.field.data, words=form.words.data or "",
                task_list=session().get_one(TaskList, form.task_list_id.data), now=now(),
            )  # fmt: skip
            told("The rule was added.")
            return see_other(".show", mailbox_id=mailbox_id)
    told(" ".join(str(each[0]) for each in form.errors.values()), "danger")
    return see_other(".show", mailbox_id=mailbox_id)


@blueprint.post("/<int:mailbox_id>/rules/<int:rule_id>/removal")
@open_to(MANAGE_SUPPORT)
def remove_rule(mailbox_id: int, rule_id: int) -> ResponseReturnValue:
    rule = locked(
        select(IntakeRule).where(IntakeRule.id == rule_id, IntakeRule.mailbox_id == mailbox_id)
    )
    intake = session().get_one(Intake, mailbox_id)
    managing.remove_rule(session(), actor(), intake, rule, now=now())
    told("The rule was removed.")
    return see_other(".show", mailbox_id=mailbox_id)


@blueprint.post("/<int:mailbox_id>/pause")
@open_to(MANAGE_SUPPORT)
def pause(mailbox_id: int) -> ResponseReturnValue:
    managing.pause(session(), actor(), _named(mailbox_id), paused=True, now=now())
    told("No mail is fetched until you resume.")
    return see_other(".show", mailbox_id=mailbox_id)


@blueprint.post("/<int:mailbox_id>/resume")
@open_to(MANAGE_SUPPORT)
def resume(mailbox_id: int) -> ResponseReturnValue:
    managing.pause(session(), actor(), _named(mailbox_id), paused=False, now=now())
    told("Mail is fetched again.")
    return see_other(".show", mailbox_id=mailbox_id)


@blueprint.post("/<int:mailbox_id>/test")
@open_to(MANAGE_SUPPORT)
def test(mailbox_id: int) -> ResponseReturnValue:
    """Sign in and look. The server's own words are for administrators; others get one answer."""
    mailbox = _named(mailbox_id)
    database, settings, key = services().database, services().settings, f"mailbox test|{actor().id}"
    account = account_of(mailbox, _seal(), keeper(database, _seal(), mailbox_id))
    goes_out = bool(mailbox.smtp_host)
    release()
    with database.writing() as counting:
        limits.count(counting, key, most=MOST_TESTS, within=A_WHILE, now=now())
    if account.protocol == Protocol.NONE and not goes_out:
        told("There is no server to test: mail comes by LMTP, a pipe or files.", "info")
    if account.protocol != Protocol.NONE:
        try:
            told(f"Coming in works. The folder holds {fetching.check(account):,} mails.")
        except Trouble as trouble:
            told(f"Coming in: {_words(str(trouble))}", "danger")
    if goes_out:
        try:
            told(
                f"Going out works, by {Post(settings, database, services().blobs).check(mailbox_id)}."
            )
        except Refused as refused:
            told(f"Going out: {_words(str(refused))}", "danger")
    return see_other(".show", mailbox_id=mailbox_id)


@blueprint.route("/<int:mailbox_id>/removal", methods=["GET", "POST"])
@open_to(MANAGE_SUPPORT)
def remove(mailbox_id: int) -> ResponseReturnValue:
    mailbox = _named(mailbox_id)
    if request.method == "GET":
        return ask(
            f"Delete the mailbox {mailbox.name}?",
            ["This works only as long as no mail has come in by it. Otherwise pause it."],
            button="Delete",
            back=url_for(".show", mailbox_id=mailbox_id),
        )
    try:
        managing.remove(session(), actor(), mailbox, now=now())
    except Conflict as refusal:
        told(refusal.message, "danger")
        return see_other(".show", mailbox_id=mailbox_id)
    told(f"{mailbox.name} was deleted.")
    return see_other(".all_of_them")


def _words(text: str) -> str:
    return text[:500] if Permission.ADMINISTER in rights().permissions else REFUSED


def _named(mailbox_id: int) -> Mailbox:
    return locked(select(Mailbox).where(Mailbox.id == mailbox_id))


def _seal() -> Seal:
    return Seal(services().settings.secret_key)


def _lists() -> list[tuple[int, str]]:
    return [(each.id, each.name) for each in session().scalars(managing.feedable())]


def _with_choices(form: MailboxForm) -> MailboxForm:
    none = [(0, "None")]
    locations = session().execute(
        select(Location.id, Location.name)
        .where(Location.archived.is_(False))
        .order_by(Location.name)
    )
    groups = session().execute(
        select(Group.id, Group.name).where(Group.kind != GroupKind.PERSONAL).order_by(Group.name)
    )
    form.task_list_id.choices = _lists()
    form.location_id.choices = none + [(number, name) for number, name in locations]
    form.register_group_id.choices = none + [(number, name) for number, name in groups]
    return form
