"""Dovecot and Postfix of the tests' own, on loopback, in a temporary folder."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.ports import free_port

PASSWORD = "static_secret"


@dataclass(frozen=True)
class Dovecot:
    """A server where anybody has a mailbox, with one password for all."""

    home: Path
    imap: int
    pop3: int
    lmtp: int
    imaps: int = 0
    pop3s: int = 0

    def maildir(self, user: str) -> Path:
        return self.home / "mail" / user.split("@", maxsplit=1)[0]

    def deliver(self, user: str, *raws: bytes) -> None:
        """Put mails into a mailbox as a delivery agent would: written whole, then renamed."""
        folder = self.maildir(user)
        for part in ("tmp", "new", "cur"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        for raw in raws:
            name = f"{time.time_ns()}.{os.getpid()}.test"
            path = folder / "tmp" / name
            path.write_bytes(raw)
            os.replace(path, folder / "new" / name)
        if os.geteuid() == 0:
            uid, gid = account()
            for path in (folder, *folder.rglob("*")):
                with suppress(FileNotFoundError):
                    os.chown(path, uid, gid)


def dovecot_is_here() -> bool:
    return shutil.which("dovecot") is not None


def postfix_is_here() -> bool:
    """Its master runs as root only."""
    return shutil.which("postfix") is not None and os.geteuid() == 0


def account() -> tuple[int, int]:
    """Who owns the mail: nobody, where the server runs as root."""
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        return nobody.pw_uid, nobody.pw_gid
    return os.geteuid(), os.getegid()


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed but itself: files `cert` and `key`."""
    command = f"""openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2
        -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 -keyout {folder}/key -out {folder}/cert"""
    subprocess.run(command.split(), check=True, capture_output=True)  # noqa: S603
    return folder


@contextmanager
def dovecot(tls: Path | None = None) -> Iterator[Dovecot]:
    """Running until the end; killed with everything in it. `tls`: a folder with its certificate."""
    home = Path(tempfile.mkdtemp(prefix="dovecot"))
    home.chmod(0o755)
    uid, gid = account()
    server = Dovecot(
        home,
        *(free_port() for _ in range(3)),
        imaps=free_port() if tls else 0,
        pop3s=free_port() if tls else 0,
    )
    secured = f"yes\nssl_cert = <{tls}/cert\nssl_key = <{tls}/key" if tls else "no"
    (home / "mail").mkdir()
    os.chown(home / "mail", uid, gid)
    me = pwd.getpwuid(os.geteuid()).pw_name
    users = (
        ""
        if os.geteuid() == 0
        else f"default_login_user = {me}\ndefault_internal_user = {me}\n"
        f"default_internal_group = {gid}\n"
    )
    config = home / "dovecot.conf"
    config.write_text(
        f"""
base_dir = {home}/run
log_path = {home}/log
protocols = imap pop3 lmtp
ssl = {secured}
disable_plaintext_auth = no
auth_failure_delay = 0
listen = 127.0.0.1
{users}
mail_location = maildir:{home}/mail/%n
mail_fsync = never
first_valid_uid = 1
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={home}/mail/%n allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {server.imap}
  }}
  inet_listener imaps {{
    port = {server.imaps}
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {server.pop3}
  }}
  inet_listener pop3s {{
    port = {server.pop3s}
  }}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {server.lmtp}
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
""",
        encoding="utf-8",
    )
    process = subprocess.Popen(  # noqa: S603
        ["dovecot", "-F", "-c", str(config)],  # noqa: S607
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        listening(server.imap, home / "log")
        listening(server.pop3, home / "log")
        listening(server.lmtp, home / "log")
        yield server
    finally:
        process.terminate()
        process.wait(60)
        shutil.rmtree(home, ignore_errors=True)


@dataclass(frozen=True)
class Postfix:
    """A mail server that delivers as its transports say."""

    home: Path
    smtp: int

    def flush(self) -> None:
        """Try what waits, now."""
        subprocess.run(["postqueue", "-c", str(self.home / "etc"), "-f"], check=False)  # noqa: S603, S607

    def queued(self) -> int:
        """How many mails wait."""
        done = subprocess.run(  # noqa: S603
            ["postqueue", "-c", str(self.home / "etc"), "-j"],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
        return len(done.stdout.splitlines())


@contextmanager
def postfix(*, transport: str, master: str = "", domain: str = "desk.example") -> Iterator[Postfix]:
    """Running until the end; mail for the domain goes by this transport, master.cf has these lines."""
    home = Path(tempfile.mkdtemp(prefix="postfix"))
    home.chmod(0o755)
    server = Postfix(home, free_port())
    etc = home / "etc"
    etc.mkdir()
    for part in ("queue", "data"):
        (home / part).mkdir()
    owner = pwd.getpwnam("postfix")
    os.chown(home / "data", owner.pw_uid, owner.pw_gid)
    (etc / "main.cf").write_text(
        f"""
compatibility_level = 3.6
queue_directory = {home}/queue
data_directory = {home}/data
maillog_file = {home}/log
maillog_file_prefixes = {home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.example
mydestination =
mynetworks = 127.0.0.0/8
virtual_mailbox_domains = {domain}
virtual_transport = {transport}
default_transport = error:no mail leaves a test
alias_maps =
alias_database =
local_recipient_maps =
recipient_delimiter = +
minimal_backoff_time = 2s
maximal_backoff_time = 4s
queue_run_delay = 2s
transport_retry_time = 2s
smtputf8_enable = no
smtp_tls_security_level =
""",
        encoding="utf-8",
    )
    (etc / "master.cf").write_text(
        f"""127.0.0.1:{server.smtp} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 2 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
smtp unix - - n - - smtp
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
showq unix n - n - - showq
flush unix n - n 1000? 0 flush
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
{master}
""",
        encoding="utf-8",
    )
    run = ["postfix", "-c", str(etc)]
    done = subprocess.run([*run, "start"], capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr
    try:
        listening(server.smtp, home / "log")
        yield server
    finally:
        subprocess.run([*run, "stop"], capture_output=True, check=False)  # noqa: S603
        shutil.rmtree(home, ignore_errors=True)


def listening(port: int, log: Path, seconds: float = 90) -> None:
    """Wait until somebody listens; fails with the server's log."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(log.read_text(errors="replace") if log.exists() else "it says nothing")
