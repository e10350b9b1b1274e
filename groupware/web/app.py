"""The application: built from settings, with every installed module."""

import logging
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from flask import Flask, g
from flask.templating import Environment
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError
from werkzeug.routing import Rule

from groupware import module
from groupware.blobs import Store, store_at
from groupware.config import Settings
from groupware.database import Database
from groupware.lately import Lately
from groupware.live import page as live_page
from groupware.live import views as live
from groupware.paths import templates_folder
from groupware.preferences import Recent
from groupware.web import access_log, errors, guard, headers, identity, setup, shell, words
from groupware.web.proxies import TrustedProxies

log = logging.getLogger(__name__)


MOST_DRAWN = 4096
"""So many drawn pieces of pages are remembered, some 2 kB each."""


def _remembering() -> Callable[..., Any]:
    """See `groupware.web.shell.once`; by type too, since markup equals its text."""
    return lru_cache(MOST_DRAWN, typed=True)(lambda _version, macro, *args: macro(*args))


@dataclass
class Parts:
    """See `groupware.web.request.Services`."""

    database: Database
    settings: Settings
    blobs: Store
    recent: Recent = field(default_factory=Recent)
    lately: Lately = field(default_factory=Lately)
    drawn: Callable[..., Any] = field(default_factory=_remembering)
    inhabited: bool = False


class Templates(Environment):
    """Jinja's, for templates that have no globals of their own: none is copied for each import."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        return super().make_globals(d) if d else self.globals


class Address(Rule):
    """A rule that learns to write its address when it first must: most never do in a process."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:  # noqa: FBT001, FBT002
        learn = super()._compile_builder

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            learnt = learn(append_unknown).__get__(rule, None)
            setattr(rule, "_build_unknown" if append_unknown else "_build", learnt)
            written: tuple[str, str] = learnt(**values)
            return written

        return build


class Groupware(Flask):
    """Flask, with one transaction per request: return is commit, raise is rollback."""

    jinja_environment = Templates
    url_rule_class = Address

    def dispatch_request(self) -> ResponseReturnValue:
        try:
            answer = self.make_response(super().dispatch_request())
            if held := g.get("session"):
                held.commit()
        except BaseException:
            if held := g.get("session"):
                held.rollback()
            raise
        return answer


def create_app(settings: Settings, database: Database | None = None) -> Flask:
    """The application of these settings; it neither migrates nor asks."""
    app = Groupware(
        "groupware",
        template_folder=str(templates_folder()),
        static_folder=None,
    )
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=guard.MEGABYTE,
        MAX_FORM_MEMORY_SIZE=guard.MEGABYTE,
        MAX_FORM_PARTS=200,
        SESSION_COOKIE_NAME="__Host-session" if settings.secure else "session",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_METHODS=guard.UNSAFE_METHODS,
        WTF_CSRF_SSL_STRICT=False,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.extensions["groupware"] = Parts(
        database or Database(settings.database_url), settings, store_at(settings.blob_url)
    )

    app.wsgi_app = TrustedProxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]
    access_log.register(app)
    guard.register(app)
    errors.register(app)
    headers.register(app)
    app.before_request(setup.lead)
    identity.register(app)
    shell.register(app)
    words.register(app)
    live.register(app, app.extensions["groupware"].database)
    live_page.register(app)
    for installed in module.installed():
        for blueprint in installed.blueprints:
            app.register_blueprint(blueprint)

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        if held := g.pop("session", None):
            held.close()

    @app.after_request
    def run_afterwards(response: Any) -> Any:
        acts = g.pop("afterwards", ())
        if acts and response.status_code < 400:
            if held := g.get("session"):
                held.rollback()  # a reader's snapshot would only be in the way
            try:
                with app.extensions["groupware"].database.writing() as session:
                    for act in acts:
                        act(session)
            except OperationalError as error:  # a page that could be read stays readable
                log.warning("not noticed, the database is busy: %s", error.orig)
        return response

    return app
