#!/bin/sh
# Installs the system packages named that are missing, where that can be done (root and apt-get), and else says
# what to install and goes on: system-packages.sh [NAME...]. A name is a command or python3-venv.
set -eu

missing=""
for name in "$@"; do
    case "$name" in
        python3-venv) missing="$missing $name" ;; # who asks for it has looked
        turnserver) command -v "$name" >/dev/null 2>&1 || missing="$missing coturn" ;;
        dockerd)
            # Debian's package starts a daemon where there is a service manager: that is not ours to decide.
            command -v "$name" >/dev/null 2>&1 || [ -d /run/systemd/system ] || missing="$missing docker.io"
            ;;
        ip) command -v "$name" >/dev/null 2>&1 || missing="$missing iproute2" ;;
        nft) command -v "$name" >/dev/null 2>&1 || missing="$missing nftables" ;;
        node) command -v "$name" >/dev/null 2>&1 || missing="$missing nodejs" ;;
        *) command -v "$name" >/dev/null 2>&1 || missing="$missing $name" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "system packages: not there:$missing. The tests that need them are skipped; install them by your system's means." >&2
    exit 0
fi
echo "system packages: installing$missing"
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # the names are words
if ! { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1 </dev/null; then
    tail -n 5 "$log" >&2
    echo "system packages: could not install:$missing. The tests that need them are skipped." >&2
fi
rm -f "$log"
