#!/bin/sh
# Installs the system packages named that are missing, where that can be done (root and apt-get), and else says
# what to install and goes on: system-packages.sh [NAME...]. A name is a command, python3-venv, or browser: a Chromium
# for pages that nobody looks at, the small one where the system has it.
set -eu

missing=""
second="" # the same, with what every system has in place of what only some have
for name in "$@"; do
    case "$name" in
        browser)
            command -v chromium-headless-shell >/dev/null 2>&1 || {
                missing="$missing chromium-headless-shell"
                command -v chromium >/dev/null 2>&1 || second="$second chromium"
            }
            continue
            ;;
        python3-venv) missing="$missing $name" ;; # who asks for it has looked
        turnserver) command -v "$name" >/dev/null 2>&1 || missing="$missing coturn" ;;
        dockerd)
            # Debian's package starts a daemon where there is a service manager: that is not ours to decide.
            command -v "$name" >/dev/null 2>&1 || [ -d /run/systemd/system ] || missing="$missing docker.io"
            ;;
        prometheus | nginx) # like docker.io
            command -v "$name" >/dev/null 2>&1 || [ -d /run/systemd/system ] || missing="$missing $name"
            ;;
        ip) command -v "$name" >/dev/null 2>&1 || missing="$missing iproute2" ;;
        nft) command -v "$name" >/dev/null 2>&1 || missing="$missing nftables" ;;
        node) command -v "$name" >/dev/null 2>&1 || missing="$missing nodejs" ;;
        *) command -v "$name" >/dev/null 2>&1 || missing="$missing $name" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "system packages: not there:$missing. What needs them is left out; install them by your system's means." >&2
    exit 0
fi
echo "system packages: installing$missing"
log=$(mktemp)
export DEBIAN_FRONTEND=noninteractive
# shellcheck disable=SC2086  # the names are words
install() { apt-get install -y -qq --no-install-recommends $1 >>"$log" 2>&1 </dev/null; }
apt-get update -qq >"$log" 2>&1 </dev/null || true
if ! install "$missing"; then
    case "$missing" in
        *chromium-headless-shell*) rest="${missing%%chromium-headless-shell*}$second${missing##*chromium-headless-shell}" ;;
        *) rest="" ;;
    esac
    if [ -z "$rest" ] || ! install "$rest"; then
        tail -n 5 "$log" >&2
        echo "system packages: could not install:$missing. What needs them is left out." >&2
    fi
fi
rm -f "$log"
