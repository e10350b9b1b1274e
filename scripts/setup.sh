#!/bin/sh
# scripts/setup.sh VENV [GROUP]: the product, and a group of tools, installed into a virtual environment.
# Nothing happens where that was done before and the metadata is still the same.
set -eu
venv=$1
group=${2:-}
cd "$(dirname "$0")/.."

stamp="$venv/installed-${group:-product}"
wanted=$(cat pyproject.toml hatch_build.py | cksum)
installed() { # what is installed with a group has the product in it too
    [ "$wanted" = "$(cat "$stamp" 2>/dev/null)" ] ||
        { [ -z "$group" ] && [ "$wanted" = "$(cat "$venv/installed-dev" 2>/dev/null)" ]; }
}
assets="$venv/built-assets"
sources=$(find frontend -name node_modules -prune -o -type f -print | sort | xargs cat | cksum)

if installed && "$venv/bin/python" -c "" 2>/dev/null; then
    if [ "$(cat "$assets" 2>/dev/null)" != "$sources" ]; then
        "$venv/bin/python" -m groupware.assets
        echo "$sources" >"$assets"
    fi
    exit 0
fi

suitable='import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))'
if ! "$venv/bin/python" -c "$suitable" 2>/dev/null; then
    for python in python3.14 python3.13 python3.12 python3.11 python3; do
        "$python" -c "$suitable" 2>/dev/null && break
        python=
    done
    if [ -z "$python" ]; then
        echo "Python 3.11 to 3.14 with its venv module is needed, and was not found." >&2
        echo "On Debian and Ubuntu: apt-get install python3 python3-venv" >&2
        exit 1
    fi
    echo "Making $venv with $("$python" --version) ..."
    "$python" -m venv --clear "$venv"
fi

echo "Installing ..."
quiet="--quiet --disable-pip-version-check --no-input"
if [ -n "$group" ]; then
    "$venv/bin/python" -m pip install $quiet --upgrade "pip>=25.1"
    "$venv/bin/python" -m pip install $quiet --editable ".[postgresql]" --group "$group"
else
    "$venv/bin/python" -m pip install $quiet --editable ".[postgresql]"
fi
echo "$wanted" >"$stamp"
echo "$sources" >"$assets"
