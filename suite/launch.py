"""How a browser is started: WebRTC works on the loopback, and nothing else on the network is talked to."""

from __future__ import annotations

import shutil
from typing import Any

# Without a window to show a page costs it a twelfth of the CPU that it costs a whole Chromium.
HEADLESS = ("chromium-headless-shell",)
CHROMIUM = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
FIREFOX = ("firefox-esr", "firefox")
MISSING = (
    "chromium is not there: install it (Debian: apt-get install chromium-headless-shell; or: "
    "playwright install chromium)"
)
# Playwright has a list of its own for this flag, and the last one on the command line counts alone.
DISABLED = (
    "WebRtcHideLocalIpsWithMdns,OptimizationHints,MediaRouter,DialMediaRouteProvider,Translate,"
    "SpareRendererForSitePerProcess"
)
CHROMIUM_ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--allow-loopback-in-peer-connection",
    # A microphone that beeps, and nobody has to be asked for.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    f"--disable-features={DISABLED}",
)
FIREFOX_PREFS = {
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "network.dns.forceResolve": "127.0.0.1",
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
}


def arguments(
    browser: str, hosts: tuple[str, ...] = (), origin: str = "", *, headed: bool = False
) -> dict[str, Any]:
    """What Playwright's launch takes for this browser. `hosts` may be looked up beside the loopback; `origin`
    has what a page of the loopback has without https, e.g. crypto.subtle.
    """
    if browser == "firefox":
        path = _first(FIREFOX)
        found: dict[str, Any] = {"firefox_user_prefs": dict(FIREFOX_PREFS)}
        # Debian's Firefox speaks WebDriver BiDi, not the protocol of Playwright's own build.
        return {**found, "executable_path": path, "channel": "moz-firefox"} if path else found
    args = [
        arg + "".join(f", EXCLUDE {host}" for host in hosts) if arg.startswith("--host-resolver") else arg
        for arg in CHROMIUM_ARGS
    ]
    if origin:
        args.append(f"--unsafely-treat-insecure-origin-as-secure={origin}")
    # The small one does not know that flag.
    path = _first(CHROMIUM if headed or origin else (*HEADLESS, *CHROMIUM))
    return {"args": args, "executable_path": path} if path else {"args": args}


def _first(names: tuple[str, ...]) -> str | None:
    return next((path for name in names if (path := shutil.which(name))), None)
