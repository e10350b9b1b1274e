"""The installation's settings: one frozen value, read from the environment once, at start."""

import os
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

from groupware import queue, smtp

PREFIX = "GROUPWARE_"
LOG_FORMATS = ("text", "json")


class BadSettings(Exception):
    """Every problem with the settings at once, a line each."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Settings:
    """What an administrator sets with `GROUPWARE_*` variables."""

    data: Path
    secret_key: str = field(repr=False)
    database_url: str = field(repr=False)
    base_url: str
    blob_url: str
    queue_url: str
    smtp_url: str | None = field(default=None, repr=False)
    trusted_proxies: tuple[str, ...] = ()
    log_format: str = "text"

    @property
    def secure(self) -> bool:
        """True where people come by https, so that cookies and headers may insist on it."""
        return self.base_url.startswith("https://")

    @property
    def host(self) -> str:
        """Host and port of the base URL, as a browser sends them."""
        return urlsplit(self.base_url).netloc

    @property
    def hostname(self) -> str:
        return urlsplit(self.base_url).hostname or "localhost"


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings out of `GROUPWARE_*` variables; raises BadSettings with every problem at once.

    For each NAME a NAME_FILE may name a file that holds the value. The data folder and a secret
    key are made where they are missing.
    """
    environment = os.environ if environment is None else environment
    problems: list[str] = []

    def value(name: str) -> str | None:
        key = PREFIX + name
        if path := environment.get(key + "_FILE"):
            try:
                return Path(path).read_text(encoding="utf-8").strip()
            except OSError as error:
                problems.append(f"{key}_FILE: {path} cannot be read ({error.strerror}).")
        return environment.get(key) or None

    data = Path(value("DATA") or "data").absolute()
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        problems.append(f"{PREFIX}DATA: {data} cannot be made ({error.strerror}).")

    base_url = (value("BASE_URL") or "http://127.0.0.1:8000").rstrip("/")
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path or parts.query:
        problems.append(f"{PREFIX}BASE_URL: {base_url!r} is not like https://desk.example.org.")

    proxies = tuple((value("TRUSTED_PROXIES") or "").replace(",", " ").split())
    for proxy in proxies:
        try:
            ip_network(proxy)
        except ValueError:
            problems.append(f"{PREFIX}TRUSTED_PROXIES: {proxy!r} is no address or network.")

    log_format = value("LOG_FORMAT") or "text"
    if log_format not in LOG_FORMATS:
        problems.append(f"{PREFIX}LOG_FORMAT: {log_format!r} is neither text nor json.")

    database_url = value("DATABASE_URL") or f"sqlite:///{data / 'groupware.db'}"
    scheme = urlsplit(database_url).scheme
    if scheme not in ("sqlite", "postgresql", "postgres", "postgresql+psycopg"):
        problems.append(f"{PREFIX}DATABASE_URL: {scheme}: is neither sqlite: nor postgresql:.")

    queue_url = value("QUEUE_URL") or f"sqlite:///{data / 'queue.db'}"
    smtp_url = value("SMTP_URL")
    blob_url = value("BLOB_URL") or f"file://{data / 'files'}"
    problems += _with_outside(queue_url, smtp_url, blob_url, parts.hostname or "localhost")
    if environment.get("FLASK_DEBUG", "0") not in ("", "0", "false", "no"):
        problems.append("FLASK_DEBUG is on: whoever comes by could run code here. Unset it.")

    secret_key = value("SECRET_KEY") or ""
    if not secret_key and not problems:
        secret_key = _kept_secret(data / "secret_key", problems)
    elif secret_key and len(secret_key) < 32:
        problems.append(f"{PREFIX}SECRET_KEY: needs 32 characters or more.")

    if problems:
        raise BadSettings(problems)
    return Settings(
        data=data,
        secret_key=secret_key,
        database_url=_with_driver(database_url),
        base_url=base_url,
        blob_url=blob_url,
        queue_url=queue_url,
        smtp_url=smtp_url,
        trusted_proxies=proxies,
        log_format=log_format,
    )


def _with_outside(queue_url: str, smtp_url: str | None, blob_url: str, host: str) -> list[str]:
    """What is wrong with the URLs of queue, mail server and files."""
    problems = []
    if wrong := queue.problem(queue_url):
        problems.append(f"{PREFIX}QUEUE_URL: {wrong}")
    if smtp_url:
        try:
            smtp.server_at(smtp_url, host)
        except ValueError as error:
            problems.append(f"{PREFIX}SMTP_URL: {error}.")
    if urlsplit(blob_url).scheme != "file":
        problems.append(f"{PREFIX}BLOB_URL: only file:///folder is known so far.")
    return problems


def _with_driver(url: str) -> str:
    scheme, rest = url.split(":", 1)
    return f"postgresql+psycopg:{rest}" if scheme.startswith("postgres") else url


def _kept_secret(path: Path, problems: list[str]) -> str:
    """The key in the data folder, made at first; a key that others can read is a problem."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        problems.append(f"{path} can be read by others: chmod 600 it.")
    return path.read_text(encoding="ascii").strip()
