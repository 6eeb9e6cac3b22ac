"""Another way of keying is offered."""

from __future__ import annotations

from reference_server.mutants import mutant
from reference_server.mutants.edited import Edited


@mutant(
    "VOX-5",
    "descriptions offer keys in plain text too (SDES)",
    shows="other ways of keying that",
)
class AnotherWayOfKeyingIsOffered(Edited):
    file = "voice.js"
    old = "this.#send(one.link, one.id, type, { sdp: shown });"
    new = """\
const keys = "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz";
    const keyed = shown.replace(/m=audio .*/, (line) => {
      reached();
      return `${line}\\r\\n${keys}`;
    });
    this.#send(one.link, one.id, type, { sdp: keyed });
"""
