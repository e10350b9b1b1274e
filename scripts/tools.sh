#!/bin/sh
# scripts/tools.sh BIN: a browser, PostgreSQL and mail servers for the tests, from the system's packages where it
# may install them. What is missing in the end is named; only the tests that need it are skipped.
set -eu
python=$1/python

browser() {
    command -v chromium || command -v chromium-browser || "$python" - <<'EOF'
import sys
from pathlib import Path
from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    sys.exit(not Path(playwright.chromium.executable_path).is_file())
EOF
}

postgresql() {
    command -v initdb || ls /usr/lib/postgresql/*/bin/initdb || [ -n "${GROUPWARE_TEST_POSTGRESQL:-}" ]
}

missing=
browser >/dev/null 2>&1 || missing="$missing chromium"
postgresql >/dev/null 2>&1 || missing="$missing postgresql"

dovecot_for_tests() {
    command -v dovecot && [ -d /usr/lib/dovecot ] && [ -x /usr/lib/dovecot/lmtp ] &&
        [ -x /usr/lib/dovecot/imap ] && [ -x /usr/lib/dovecot/pop3 ]
}

dovecot_for_tests >/dev/null 2>&1 || missing="$missing dovecot-imapd dovecot-pop3d dovecot-lmtpd"
command -v postfix >/dev/null 2>&1 || missing="$missing postfix"
command -v cadaver >/dev/null 2>&1 || missing="$missing cadaver"
for program in gpgv openssl; do
    command -v $program >/dev/null 2>&1 || missing="$missing $program"
done

# Without it pages show boxes for what people write; no test is skipped for it.
fc-list 2>/dev/null | grep -qi emoji || missing="$missing fonts-noto-color-emoji"

if [ -n "$missing" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing$missing ..."
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    for package in $missing; do
        apt-get install -y -qq --no-install-recommends "$package" >/dev/null || true
    done
fi

browser >/dev/null 2>&1 || echo "Chromium is missing: tests in the browser will be skipped." >&2
postgresql >/dev/null 2>&1 || echo "PostgreSQL is missing: its half of the tests will be skipped." >&2
dovecot_for_tests >/dev/null 2>&1 || echo "Dovecot is missing: tests of fetching mail will be skipped." >&2
command -v cadaver >/dev/null 2>&1 || echo "cadaver is missing: a test of the calendar will be skipped." >&2
command -v postfix >/dev/null 2>&1 || echo "Postfix is missing: tests of mail from a server will be skipped." >&2
