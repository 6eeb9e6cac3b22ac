#!/bin/sh
# Makes the virtual environment: setup.sh PYTHON FOLDER. Called by make when the lock or pyproject.toml changed.
# Idempotent; nothing is installed outside the folder, but for python3-venv where Debian keeps it apart.
set -eu

python=$1
folder=$2
here=$(dirname "$0")

fail() {
    printf 'setup: %s\n' "$1" >&2
    exit 1
}

command -v "$python" >/dev/null 2>&1 || sh "$here/system-packages.sh" python3
command -v "$python" >/dev/null 2>&1 ||
    fail "$python is not there. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3"
version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "$python is Python $version; 3.11 or newer is needed. Install one and name it: make PYTHON=python3.11"

has_venv() {
    "$python" -c 'import ensurepip, venv' >/dev/null 2>&1
}
has_venv || sh "$here/system-packages.sh" python3-venv
has_venv ||
    fail "$python has no venv module. Install it (Debian, Ubuntu: apt-get install python$version-venv), then run make again"

echo "setup: installing what requirements.lock names into $folder (Python $version)"
"$python" -m venv "$folder"
pip="$folder/bin/python -m pip --disable-pip-version-check -qq install"
export PIP_ROOT_USER_ACTION=ignore
$pip --require-hashes --requirement requirements.lock
# The lock brought setuptools, so that building our own package fetches nothing.
$pip --no-deps --no-build-isolation --editable .
